/** How a check is called by scripts, and what it means that it has failed. */
const WORDS: readonly (readonly [RegExp, string, string])[] = [
  [
    /^Duewatch is installed$/,
    "not_installed",
    "Duewatch is not installed in this database, or not completely.",
  ],
  [
    /^extension (\S+) is installed$/,
    "extension_missing",
    "The extension $1 is not installed.",
  ],
  [
    /^extension (\S+) is in the schema (\S+)$/,
    "extension_misplaced",
    "The extension $1 is not in the schema $2.",
  ],
  [/^setting (\S+) can be .*$/, "setting", "The setting $1 cannot be used."],
  [
    /^the process of pg_cron is running$/,
    "scheduler_dead",
    "The process of pg_cron does not run, so no job starts.",
  ],
  [
    /^job (\S+) is registered$/,
    "job_not_registered",
    "The job $1 is not registered, so it never starts.",
  ],
  [
    /^every registered job is scheduled in pg_cron as registered$/,
    "schedule_differs",
    "An entry of pg_cron for a job is missing, or differs from what was registered.",
  ],
  [
    /^pg_cron watches over the jobs.*$/,
    "own_entry_differs",
    "An entry of pg_cron that watches over the jobs is missing, or was changed.",
  ],
  [
    /^the right roles can use (.+), and no others$/,
    "privileges",
    "A role can do too much or too little with the $1.",
  ],
  [
    /^(\S+ \S+) has row level security$/,
    "row_level_security",
    "The $1 has no row level security.",
  ],
  [/^(\S+ .+) is enabled$/, "trigger_disabled", "The $1 is disabled."],
  [
    /^(\S+) is indexed(.*)$/,
    "index_missing",
    "The column $1 has no index$2, so runs get slow.",
  ],
  [
    /^every agency lives in a time zone.*$/,
    "agency_timezone",
    "An agency has a time zone that the database does not know.",
  ],
  [/^(\S+ .+) exists$/, "object_missing", "The $1 is missing."],
];

/** Checks of which the doctor itself says more. */
export const SAID_BETTER: readonly string[] = ["setting"];

/** @returns what a failed check is called, and means. */
export function inWords(check: string): { code: string; what: string } {
  for (const [pattern, code, what] of WORDS) {
    if (pattern.test(check)) {
      return { code, what: check.replace(pattern, what) };
    }
  }
  return { code: "verify", what: `A check has failed: ${check}.` };
}
