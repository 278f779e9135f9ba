import { setTimeout as delay } from "node:timers/promises";
import { z } from "zod";
import { patience, type Probe } from "../doctor/calls.ts";
import { probesOf, READERS } from "../doctor/probes.ts";
import { DuewatchError } from "../errors.ts";
import { literal } from "../names/tokens.ts";
import type { ProjectDatabase } from "../preflight/database.ts";
import type { Kind } from "./kinds.ts";

const answer = z.object({ slug: z.string(), status: z.number().nullable() });

/** Whether each function accepts a key. */
export type Acceptance = "all" | "none" | "some";

/** The requests that show whether a key of a kind is accepted. */
function probesFor(kind: Kind, functions: readonly string[]): Probe[] {
  const slugs = kind === "job"
    ? functions
    : functions.filter((slug) => READERS.includes(slug));
  return probesOf(slugs, functions);
}

/**
 * Lets the database ask each function whether it accepts the key that Vault has
 * under a name. None of the requests changes anything.
 *
 * @returns the functions that do not accept it.
 */
export async function refusing(
  database: ProjectDatabase,
  kind: Kind,
  secret: string,
  functions: readonly string[],
): Promise<string[]> {
  const rows = probesFor(kind, functions)
    .map(({ slug, method, query = "", body }) =>
      `(${literal(slug)}, ${literal(slug + query)}, ${literal(method)}, ${
        body === undefined ? "null::text" : literal(body)
      })`
    );
  const answers = z.array(answer).parse(
    await database.read(`
      select jsonb_agg(jsonb_build_object('slug', probe.slug, 'status', answer.status))
      from (values ${rows.join(", ")}) as probe (slug, path, method, body)
      cross join lateral jobs.send_request(
        method => probe.method,
        url => rtrim(jobs.checked_functions_url(jobs.setting('functions_url')), '/')
          || '/' || probe.path,
        headers => jsonb_build_object('X-API-Key', jobs.setting(${
      literal(secret)
    })),
        body => probe.body,
        connect_seconds => 5,
        timeout_ms => ${patience(database, rows.length)}
      ) as answer`),
  );
  return answers.filter(({ slug, status }) => !isAccepted(slug, status))
    .map(({ slug }) => slug);
}

// Past its key, a job says that the body is no JSON, and a report is a report:
// 503, when it is critical.
function isAccepted(slug: string, status: number | null): boolean {
  if (status === null) return false;
  return status === 200 || status === 400 ||
    status === 503 && slug === "check-job-health";
}

const PATIENCE_MS = 90_000;

/**
 * Waits until every function accepts a key.
 *
 * @param timesInARow more than 1 where old processes may answer beside new ones.
 * @throws DuewatchError naming the functions that do not accept it.
 */
export async function awaitAcceptance(
  database: ProjectDatabase,
  kind: Kind,
  secret: string,
  functions: readonly string[],
  { signal, timesInARow }: {
    readonly signal: AbortSignal;
    readonly timesInARow: number;
  },
): Promise<void> {
  const end = Date.now() + PATIENCE_MS;
  let accepted = 0;
  let left: string[] = [];
  while (accepted < timesInARow) {
    left = await refusing(database, kind, secret, functions);
    accepted = left.length === 0 ? accepted + 1 : 0;
    if (accepted >= timesInARow) return;
    if (Date.now() > end) {
      throw new DuewatchError(
        `These functions do not accept the new key: ${left.join(", ")}. The ` +
          "former key is still in use, and nothing has stopped. Are they " +
          "deployed, and is the variable set nowhere else? Then try again.",
        1,
      );
    }
    await delay(500, undefined, { signal });
  }
}
