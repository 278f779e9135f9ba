import { z } from "zod";
import type { ProjectDatabase } from "../preflight/database.ts";

const answer = z.object({
  slug: z.string(),
  status: z.number().nullable(),
  content: z.string().nullable(),
  problem: z.string().nullable(),
});

/** What a function has answered to the database. */
export type FunctionAnswer = z.infer<typeof answer>;

/** A request that changes nothing, whatever the answer. */
export interface Probe {
  readonly slug: string;
  readonly method: "GET" | "POST" | "OPTIONS";
  /** Behind the slug, such as `?dryRun=true`. */
  readonly query?: string;
  readonly body?: string;
}

/** Lets the database call functions, one after the other, with its own key. */
export async function callFunctions(
  database: ProjectDatabase,
  probes: readonly Probe[],
): Promise<FunctionAnswer[]> {
  if (probes.length === 0) return [];
  const rows = probes.map(({ slug, method, query = "", body }, position) =>
    `(${position}, ${text(slug)}, ${text(slug + query)}, ${text(method)}, ${
      body === undefined ? "null::text" : text(body)
    })`
  );
  return z.array(answer).parse(
    await database.read(`
      select jsonb_agg(jsonb_build_object(
        'slug', probe.slug,
        'status', answer.status,
        'content', left(answer.content, 500),
        'problem', answer.problem
      ) order by probe.position)
      from (values ${rows.join(", ")})
        as probe (position, slug, path, method, body)
      cross join lateral jobs.call_function(
        slug => probe.path,
        method => probe.method,
        body => probe.body,
        timeout_ms => ${patience(database, rows.length)}
      ) as answer`),
  );
}

const PATIENCE_MS = 20_000;
// The Management API ends a statement after 55 seconds.
const LONGEST_STATEMENT_MS = 50_000;

/** @returns how many milliseconds each of so many requests in one statement has. */
export function patience({ sql }: ProjectDatabase, requests: number): number {
  return sql === null
    ? Math.min(PATIENCE_MS, Math.floor(LONGEST_STATEMENT_MS / requests))
    : PATIENCE_MS;
}

function text(value: string): string {
  return `'${value.replaceAll("'", "''")}'::text`;
}
