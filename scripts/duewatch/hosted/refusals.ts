import { parseJson } from "../../json/parse_json.ts";
import { DuewatchError, UnreachableDatabaseError } from "../errors.ts";

/** What the Management API says when a statement has failed in the database. */
const QUERY_FAILED = /^Failed to run sql query: (?:ERROR:\s+\w{5}: )?/;

// What the CLI prints beside the reason.
const NOISE = /^(?:Target: |Confirmed by --yes|Try rerunning|[│◇◆└┌])/;

/** Refusals that are the same whatever was asked. */
const REFUSALS: readonly (readonly [RegExp, (ref: string) => string])[] = [
  [
    /Access token not provided/,
    () =>
      "You are not signed in to Supabase. Run: npx supabase login; or set " +
      "SUPABASE_ACCESS_TOKEN.",
  ],
  [
    /Invalid access token format/,
    () =>
      "SUPABASE_ACCESS_TOKEN is no access token: one begins with sbp_. Make one " +
      "at https://supabase.com/dashboard/account/tokens, or run: npx supabase login",
  ],
  [
    /unexpected [a-z ]*status 401\b|\{"message": ?"Unauthorized"/,
    () =>
      "Supabase does not accept the access token: it is wrong, or has expired. Run: " +
      "npx supabase login; or set SUPABASE_ACCESS_TOKEN to a valid one.",
  ],
  [
    /unexpected [a-z ]*status 403\b|necessary privileges|\{"message": ?"Forbidden/,
    (ref) =>
      `This account may not do that in the project ${ref}. Ask an owner of its ` +
      "organization for the right, or use a token that has it.",
  ],
  [
    /unexpected [a-z ]*status 429\b|ThrottlerException/,
    () =>
      "Supabase takes no more requests of this account for now. Wait a minute, " +
      "then run the same command again: it goes on.",
  ],
  // `db push` connects to the database itself.
  [
    /IPv6 is not supported on your current network/,
    () =>
      "this network does not reach the project's database, which has an IPv6 address " +
      "only. Name its session pooler (Connect, Session pooler): --db-url <address>",
  ],
];

/**
 * Says why the Supabase CLI has failed, and what to do.
 *
 * @param output what it has printed.
 * @param purpose as the end of "Could not …".
 * @param status asks what the project is doing; called only where that may be
 *   the reason.
 */
export async function refusalOf(
  output: string,
  purpose: string,
  ref: string,
  status: () => Promise<string>,
): Promise<DuewatchError> {
  const message = messageIn(output);
  if (message !== null && isOfStatement(message)) {
    return new DuewatchError(message.replace(QUERY_FAILED, "").trim());
  }
  for (const [pattern, words] of REFUSALS) {
    if (pattern.test(output)) {
      return new DuewatchError(`Could not ${purpose}: ${words(ref)}`);
    }
  }
  if (/HttpClientError: Transport error/.test(output)) {
    return new UnreachableDatabaseError(
      `Could not ${purpose}: the Management API of Supabase does not answer. ` +
        "Is this computer online? See https://status.supabase.com.",
    );
  }
  return ofStatus(await status(), purpose, ref) ??
    new DuewatchError(`Could not ${purpose}: ${reasonIn(output)}`);
}

function ofStatus(
  status: string,
  purpose: string,
  ref: string,
): DuewatchError | null {
  const dashboard = `https://supabase.com/dashboard/project/${ref}`;
  switch (status) {
    case "ACTIVE_HEALTHY":
    case "unknown":
      return null;
    case "missing":
      return new DuewatchError(
        `Could not ${purpose}: this account has no project ${ref}. Is the ref ` +
          "right, and are you signed in to the right account? See: npx supabase projects list",
      );
    case "INACTIVE":
    case "PAUSING":
      return new UnreachableDatabaseError(
        `Could not ${purpose}: the project ${ref} is paused. Restore it at ` +
          `${dashboard}, then run the same command again.`,
      );
    default:
      return new UnreachableDatabaseError(
        `Could not ${purpose}: the project ${ref} does not run (${status}). Look ` +
          `at ${dashboard}, and try again when it is healthy.`,
      );
  }
}

/** The message of the Management API, which the CLI prints as it came. */
function messageIn(output: string): string | null {
  const text = /\{"message":[\s\S]*\}/.exec(output)?.[0];
  const answer = text === undefined ? null : parseJson(text);
  return typeof answer === "object" && answer !== null &&
      "message" in answer && typeof answer.message === "string"
    ? answer.message
    : null;
}

function isOfStatement(message: string): boolean {
  return QUERY_FAILED.test(message) && !/Connection terminated/.test(message);
}

function reasonIn(output: string): string {
  return output.split("\n").filter((line) =>
    line.trim() !== "" && !NOISE.test(line)
  ).join("\n").slice(-2000);
}
