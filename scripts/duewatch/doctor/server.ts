import type { Basics } from "./facts.ts";
import { type Fault, fault } from "./fault.ts";

/** The shortest time in which a statement of a run can be done. */
const NEEDED_MS = 3_000;

/** Judges what keeps everything in a database from working. */
export function serverFaults(
  { readOnly, timeouts, database, mayUsePublic }: Basics,
): Fault[] {
  const faults: Fault[] = [];
  if (readOnly !== null) {
    faults.push(fault(
      "database_read_only",
      readOnly === "recovery"
        ? "The database is a replica or still recovers, so nothing can be written."
        : "The database is read-only: no run can be logged, and nothing is marked.",
      readOnly === "recovery"
        ? "Use the address of the primary database."
        : "Supabase does this when the disk is full. Make room or enlarge the disk " +
          "first, then run this:",
      readOnly === "recovery" ? {} : {
        command:
          `begin read write; alter database ${database} reset default_transaction_read_only; commit;`,
      },
    ));
  }
  if (!mayUsePublic) {
    faults.push(fault(
      "privileges",
      "The role service_role may not use the schema public, so no function can work.",
      "Run this in the SQL editor.",
      { command: "grant usage on schema public to service_role;" },
    ));
  }
  for (const { role, value } of timeouts) {
    const limit = milliseconds(value);
    if (limit === 0 || limit >= NEEDED_MS) continue;
    const whose = role === "" ? `database ${database}` : `role ${role}`;
    faults.push(fault(
      "statement_timeout",
      `Statements of the ${whose} are cancelled after ${value}: that is too short ` +
        "for a run.",
      "Run this in the SQL editor. Connections that are open keep the former value.",
      {
        command: role === "authenticator"
          // What Supabase sets, and what service_role has through it.
          ? "alter role authenticator set statement_timeout = '8s'; notify pgrst, 'reload config';"
          : `alter ${whose} reset statement_timeout;`,
      },
    ));
  }
  return faults;
}

const UNITS: Readonly<Record<string, number>> = {
  us: 0.001,
  ms: 1,
  s: 1_000,
  min: 60_000,
  h: 3_600_000,
  d: 86_400_000,
};

/** Reads a duration as PostgreSQL's settings have it; 0 is no limit. */
export function milliseconds(text: string): number {
  const [, number, unit] = /^\s*([\d.]+)\s*(us|ms|s|min|h|d)?\s*$/.exec(text) ??
    [];
  return number === undefined ? 0 : Number(number) * UNITS[unit ?? "ms"];
}
