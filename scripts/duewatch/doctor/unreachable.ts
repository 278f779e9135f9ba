import { type Fault, fault } from "./fault.ts";

/** What the error of a connection means, and what to do. */
const REASONS: readonly (readonly [RegExp, string])[] = [
  // What the Supabase CLI was refused says itself what to do.
  [/^Could not [^:]+: ./, ""],
  [
    /too many (?:clients|connections)|remaining connection slots|max client/i,
    "All connections are in use. Close those that are idle, or use the pooler's " +
    "address: select pid, usename, application_name, state from pg_stat_activity;",
  ],
  [
    /password authentication failed|SASL|no password|invalid password/i,
    "The password or the user is wrong. Reset the password in the project's " +
    "settings (Database), or copy the address again (Connect, Session pooler).",
  ],
  [
    /ENOTFOUND|getaddrinfo|lookup address|ENETUNREACH|EHOSTUNREACH|name or service/i,
    "The host is not known or not reachable from here. The direct address of a " +
    "project has IPv6 only: use the session pooler's (Connect, Session pooler).",
  ],
  [
    /starting up|shutting down|in recovery/i,
    "The database restarts. Run this again in a minute.",
  ],
  [
    /database ".*" does not exist/i,
    "The address names another database. Duewatch is usually in postgres.",
  ],
];

/** Judges why a database does not answer. */
export function unreachableFault(message: string): Fault {
  const [, todo] = REASONS.find(([pattern]) => pattern.test(message)) ?? [];
  return fault(
    "database_unreachable",
    message,
    todo ??
      "Is it running, and are address and password right? The local stack: npm start.",
  );
}
