import type { Basics } from "./facts.ts";
import { type Fault, fault } from "./fault.ts";
import type { OwnLook } from "./own_look.ts";

const TOLERANCE_S = 60;

/**
 * Compares the clocks of database, functions and this computer.
 *
 * @param here when the database said its time: a moment between two of ours.
 */
export function clockFaults(
  { now }: Basics,
  here: Date,
  look: OwnLook | null,
): Fault[] {
  const offset = (new Date(now).getTime() - here.getTime()) / 1000;
  if (Math.abs(offset) <= TOLERANCE_S) return [];
  const functions = look?.date ?? null;
  const agrees = functions !== null &&
    Math.abs(functions.getTime() - here.getTime()) / 1000 <= TOLERANCE_S;
  const seconds = Math.round(Math.abs(offset));
  const direction = offset > 0 ? "ahead of" : "behind";
  return [
    agrees
      ? fault(
        "clock_of_database",
        `The clock of the database is ${seconds} s ${direction} that of the ` +
          "functions and of this computer: installments are marked at the wrong time.",
        "Let the database's machine keep time with NTP.",
      )
      : fault(
        "clock",
        `The clock of the database is ${seconds} s ${direction} that of this computer.`,
        "One of them is wrong. Compare both with another clock, and use NTP.",
        { severity: "warning" },
      ),
  ];
}

/** Judges how pg_cron is configured. */
export function cronFaults(
  { database, cronDatabase, cronTimezone }: Basics,
): Fault[] {
  const faults: Fault[] = [];
  if (cronDatabase !== null && cronDatabase !== database) {
    faults.push(fault(
      "cron_database",
      `pg_cron works in the database ${cronDatabase}, and Duewatch is in ${database}.`,
      "Install it in that database, or change the setting and restart.",
      { command: `cron.database_name = '${database}'` },
    ));
  }
  if (
    cronTimezone !== null &&
    !/^(?:GMT|UTC|Etc\/UTC|Etc\/GMT)$/i.test(cronTimezone)
  ) {
    faults.push(fault(
      "cron_timezone",
      `pg_cron reads schedules in the zone ${cronTimezone}, and Duewatch writes them in UTC.`,
      "Change the setting and restart the database.",
      { command: "cron.timezone = 'GMT'", severity: "warning" },
    ));
  }
  return faults;
}

/** The versions of one installation. */
export interface Versions {
  readonly database: string;
  /** Null when they do not say, or do not answer. */
  readonly functions: string | null;
  /** Of the program that looks. */
  readonly program: string;
  /** The released versions that the program knows, oldest first. */
  readonly releases: readonly string[];
}

/**
 * Judges whether database and functions fit each other. Neighbouring versions
 * work with each other, because they are never deployed in the same instant:
 * docs/releasing.md.
 */
export function versionFaults(versions: Versions): Fault[] {
  const { database, functions, program } = versions;
  const faults: Fault[] = [];
  if (functions !== null && functions !== database) {
    const areNeighbours = distance(versions, functions) === 1;
    const severity = areNeighbours ? "warning" : "failure";
    faults.push(
      isNewer(functions, database)
        ? fault(
          "database_behind",
          `The functions are of version ${functions}, and the database is of ${database}: ` +
            (areNeighbours
              ? "that works for one version."
              : "the functions may call what is not there."),
          "Push the migrations.",
          { command: "npx supabase db push --remote", severity },
        )
        : fault(
          "functions_behind",
          `The functions are of version ${functions}, and the database is of ${database}: ` +
            (areNeighbours
              ? "that works for one version."
              : "the functions may call what is no longer there."),
          "Deploy the functions.",
          { command: "npx supabase functions deploy", severity },
        ),
    );
  }
  if (database !== program && isNewer(database, program)) {
    faults.push(fault(
      "program_behind",
      `This is duewatch ${program}, and the database is of ${database}.`,
      "Use a program of the same version: it knows more.",
      { severity: "warning", command: `npx duewatch@${database} doctor` },
    ));
  }
  return faults;
}

/** How many releases lie between; null when one of the two is none. */
function distance(
  { database, releases }: Versions,
  functions: string,
): number | null {
  const [a, b] = [database, functions]
    .map((version) => releases.indexOf(version));
  return a < 0 || b < 0 ? null : Math.abs(a - b);
}

/** Whether a version comes after another, by its three numbers. */
export function isNewer(one: string, other: string): boolean {
  const numbers = (version: string) =>
    version.split("-")[0].split(".").map(Number);
  const [a, b] = [numbers(one), numbers(other)];
  for (const place of [0, 1, 2]) {
    if (a[place] !== b[place]) return (a[place] ?? 0) > (b[place] ?? 0);
  }
  return other.includes("-") && !one.includes("-");
}
