/** A program of its own that is started by a word of `duewatch`. */
export interface OtherProgram {
  /** Its first module, in `scripts`. */
  readonly entry: string;
  /** Whether the word is its first argument. */
  readonly named?: boolean;
  readonly purpose: string;
  /** Whether the npm package holds it. */
  readonly inPackage?: boolean;
}

const STACK = { entry: "stack/main.ts", named: true } as const;

/** The words of `duewatch` that start a program of their own. */
export const OTHER_PROGRAMS: Readonly<Record<string, OtherProgram>> = {
  start: { ...STACK, purpose: "start the local stack" },
  stop: { ...STACK, purpose: "stop it; its data stays" },
  status: { ...STACK, purpose: "what runs, and where" },
  reset: {
    ...STACK,
    purpose: "empty its database, migrate, seed, run the job",
  },
  job: { ...STACK, purpose: "trigger a job there and show its run" },
  jobs: {
    entry: "jobs/main.ts",
    purpose: "see and control the jobs and their runs",
    inPackage: true,
  },
  dashboard: {
    entry: "dashboard/main.ts",
    purpose: "see the jobs in the browser",
    inPackage: true,
  },
  "new-job": { entry: "new_job/main.ts", purpose: "create a job to change" },
  listener: {
    entry: "job-alert-listener/on_local_stack.ts",
    purpose: "deliver alerts at once",
  },
  test: { entry: "check/main.ts", purpose: "run every check of the project" },
};
