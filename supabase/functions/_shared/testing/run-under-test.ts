import assert from "node:assert/strict";
import type { Job } from "../jobs/job.ts";
import { executeJobRun } from "../jobs/job-run.ts";
import type { RunOutcome } from "../jobs/run-outcome.ts";
import { createLogger } from "../logger.ts";
import type { FakeRuns } from "./fake-runs.ts";
import { noDatabase } from "./job-under-test.ts";

/** The id of the run that `runUnderTest()` executes. */
export const RUN_ID = "11111111-1111-4111-8111-111111111111";

/** Executes one run of a job, with the database's side in memory. */
export function runUnderTest(runs: FakeRuns) {
  const events: Record<string, unknown>[] = [];
  return {
    /** What the run has logged. */
    events,
    execute: (job: Job, wallClockSeconds = 150): Promise<RunOutcome> =>
      executeJobRun(job, { runId: RUN_ID, triggerSource: "cron" }, {
        callRpc: runs.callRpc,
        admin: noDatabase,
        jobEnvironment: {},
        log: createLogger((_, line) => events.push(JSON.parse(line))),
        wallClockSeconds,
      }),
    /** The run's row. */
    row: () => runs.runs.get(RUN_ID) ?? assert.fail("there is no row"),
  };
}
