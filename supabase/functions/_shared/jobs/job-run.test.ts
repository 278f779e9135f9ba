import assert from "node:assert/strict";
import { batchJob } from "../testing/batch-job.ts";
import {
  databaseError,
  FakeRuns,
  type FakeRunsOptions,
  type Fault,
  networkError,
} from "../testing/fake-runs.ts";
import { onFakeTime } from "../testing/fake-time.ts";
import { TransientError } from "../transient-error.ts";
import { RUN_ID, runUnderTest } from "../testing/run-under-test.ts";

const OTHER_RUN_ID = "22222222-2222-4222-8222-222222222222";
const AGENCY = "aaaaaaaa-aaaa-4aaa-8aaa-aaaaaaaaaaaa";

const lost: Fault = { answer: networkError };
const lostAfterCommit: Fault = { answer: networkError, committed: true };
const hanging: Fault = { answer: "none until the caller gives up" };
const denied: Fault = {
  answer: databaseError("42501", "permission denied", 403),
};
const notFound: Fault = {
  answer: databaseError("PGRST202", "Could not find the function", 404),
};
const times = <T>(count: number, item: T): T[] => Array(count).fill(item);

function setUp(options: FakeRunsOptions = {}) {
  const runs = new FakeRuns({
    due: new Map([[AGENCY, 30]]),
    batchSize: 10,
    ...options,
  });
  const { execute: executeRun, row, events } = runUnderTest(runs);
  const execute = ({ wallClockSeconds = 150, job = batchJob } = {}) =>
    executeRun(job, wallClockSeconds);
  const eventNames = () => events.map(({ event }) => event);
  return { runs, execute, row, events, eventNames };
}

Deno.test("a run is started, worked through in batches, and finished", () =>
  onFakeTime(async () => {
    const { runs, execute, row, eventNames } = setUp();
    const outcome = await execute();

    assert.equal(outcome.kind, "finished");
    assert.equal(outcome.attempts, 1);
    assert.equal(outcome.run.recordsUpdated, 30);
    assert.equal(row().status, "success");
    assert.equal(row().triggerSource, "cron");
    assert.equal(row().metadata.attempts, 1);
    assert.deepEqual(row().metadata.attempt_errors, []);
    assert.deepEqual(runs.calls.map(({ name }) => name), [
      "start_job_run",
      "process_installment_batch",
      "process_installment_batch",
      "process_installment_batch",
      "process_installment_batch",
      "finish_job_run",
    ]);
    assert.deepEqual(eventNames(), ["run_started", "run_finished"]);
  }));

Deno.test("a job that another run holds is left alone", () =>
  onFakeTime(async () => {
    const { runs, execute } = setUp();
    runs.addRun(batchJob.name, OTHER_RUN_ID);

    assert.deepEqual(await execute(), {
      kind: "already_running",
      runId: OTHER_RUN_ID,
    });
    assert.deepEqual(runs.calls.map(({ name }) => name), ["start_job_run"]);
  }));

Deno.test("a run that has finished is not executed again, and gives its result", () =>
  onFakeTime(async () => {
    const { runs, execute } = setUp();
    const first = await execute();
    runs.calls.length = 0;

    assert.deepEqual(await execute(), { ...first, isRepeat: true });
    assert.deepEqual(
      runs.calls.map(({ name }) => name),
      ["start_job_run", "finish_job_run"],
    );
  }));

Deno.test("a run that failed after two attempts gives that result, too", () =>
  onFakeTime(async () => {
    const { runs, execute } = setUp();
    runs.failNext("process_installment_batch", lost, denied);
    const first = await execute();

    assert.equal(first.kind, "finished");
    assert.equal(first.attempts, 2);
    assert.equal(first.run.status, "failed");
    assert.deepEqual(await execute(), { ...first, isRepeat: true });
  }));

Deno.test("of two requests for one run the first works, and the other leaves it alone", () =>
  onFakeTime(async () => {
    const { runs, execute, row } = setUp();
    let second: unknown;
    runs.beforeBatch = async (_, batch) => {
      if (batch === 1) second = await execute();
    };
    const first = await execute();

    assert.equal(first.kind, "finished");
    assert.deepEqual(second, { kind: "already_running", runId: RUN_ID });
    assert.equal(row().recordsUpdated, 30);
    assert.equal(row().status, "success");
  }));

Deno.test("a request that never learns who has its run does not end the run of another", () =>
  onFakeTime(async () => {
    const { runs, execute, row } = setUp();
    let second: unknown;
    runs.beforeBatch = async (_, batch) => {
      if (batch !== 1) return;
      runs.failNext("start_job_run", ...times(4, lostAfterCommit));
      second = await execute();
    };
    const first = await execute();

    assert.deepEqual(second, { kind: "already_running", runId: RUN_ID });
    assert.equal(first.kind, "finished");
    assert.equal(row().status, "success");
    assert.equal(row().recordsUpdated, 30);
  }));

Deno.test("the first request takes over a run that dispatch left running", () =>
  onFakeTime(async () => {
    const { runs, execute, row } = setUp();
    runs.addRun(batchJob.name, RUN_ID);
    const outcome = await execute();

    assert.equal(outcome.kind, "finished");
    assert.equal(row().recordsUpdated, 30);
  }));

Deno.test("a lost answer to the start is repeated and acquires the same run", () =>
  onFakeTime(async () => {
    const { runs, execute, row } = setUp();
    runs.failNext("start_job_run", lostAfterCommit);
    const outcome = await execute();

    assert.equal(outcome.kind, "finished");
    assert.equal(outcome.attempts, 2);
    assert.equal(runs.runs.size, 1);
    assert.equal(row().status, "success");
    assert.deepEqual(runs.delaysOf("start_job_run"), [0, 1000]);
  }));

Deno.test("work that fails for a while resumes after 1, 2 and 4 seconds", () =>
  onFakeTime(async () => {
    const { runs, execute, row, events } = setUp();
    runs.failNext(
      "process_installment_batch",
      lost,
      { answer: databaseError("57014", "canceling statement") },
      // A body of "null" is no error to supabase-js.
      { answer: { status: 502, data: null, error: null } },
    );
    const outcome = await execute();

    assert.equal(outcome.kind, "finished");
    assert.equal(outcome.attempts, 4);
    assert.equal(row().status, "success");
    assert.deepEqual(runs.delaysOf("process_installment_batch"), [
      0,
      1000,
      3000,
      7000,
      7000,
      7000,
      7000,
    ]);
    assert.equal(row().metadata.attempts, 4);
    assert.deepEqual(row().metadata.attempt_errors, [
      {
        attempt: 1,
        code: "network",
        message: "process_installment_batch failed: error sending request: " +
          "client error (Connect): Connection refused (os error 111) (network)",
        at: "2026-01-01T00:00:00.000Z",
      },
      {
        attempt: 2,
        code: "57014",
        message:
          "process_installment_batch failed: canceling statement (57014)",
        at: "2026-01-01T00:00:01.000Z",
      },
      {
        attempt: 3,
        code: "http_502",
        message: "process_installment_batch failed: the answer had no body " +
          "(http_502)",
        at: "2026-01-01T00:00:03.000Z",
      },
    ]);
    assert.deepEqual(
      events
        .filter(({ event }) => event === "attempt_failed")
        .map(({ retryInMs }) => retryInMs),
      [1000, 2000, 4000],
    );
  }));

Deno.test("a batch whose answer was lost is not counted twice", () =>
  onFakeTime(async () => {
    const { runs, execute, row } = setUp();
    runs.failNext("process_installment_batch", lostAfterCommit);
    const outcome = await execute();

    assert.equal(outcome.kind, "finished");
    assert.equal(outcome.run.recordsUpdated, 30);
    assert.equal(row().recordsUpdated, 30);
  }));

Deno.test("the three retries are those of the whole run", () =>
  onFakeTime(async () => {
    const { runs, execute, row } = setUp();
    runs.failNext("start_job_run", lost, lost);
    runs.failNext("process_installment_batch", lost, lost);
    const outcome = await execute();

    assert.equal(outcome.kind, "finished");
    assert.equal(outcome.attempts, 4);
    assert.equal(row().status, "failed");
  }));

Deno.test("progress gives a run its three retries back", () =>
  onFakeTime(async () => {
    const { runs, execute, row } = setUp({ due: new Map([[AGENCY, 95]]) });
    const failures: number[] = [];
    const outcome = await execute({
      job: {
        name: batchJob.name,
        async run(context) {
          failures.push(context.attempt - 1);
          // Three blips after each batch, and one that is left in the list.
          await batchJob.run({
            ...context,
            progress() {
              context.progress();
              runs.failNext("process_installment_batch", ...times(3, lost));
            },
          });
        },
      },
    });

    assert.equal(outcome.kind, "finished");
    assert.equal(row().status, "success");
    assert.equal(row().recordsUpdated, 95);
    // Ten batches, and three failures after each of the first nine.
    assert.equal(outcome.attempts, 28);
    assert.deepEqual(failures.slice(0, 7), [0, 1, 2, 3, 1, 2, 3]);
    assert.deepEqual(
      runs.delaysOf("process_installment_batch").slice(0, 9),
      [0, 0, 1000, 3000, 7000, 7000, 8000, 10_000, 14_000],
    );
    const errors = row().metadata.attempt_errors as { attempt: number }[];
    assert.deepEqual(
      errors.map(({ attempt }) => attempt),
      Array.from({ length: 10 }, (_, index) => 18 + index),
    );
  }));

Deno.test("without progress in between the retries are used up", () =>
  onFakeTime(async () => {
    const { runs, execute, row } = setUp();
    let calls = 0;
    const outcome = await execute({
      job: {
        name: batchJob.name,
        run({ progress }) {
          if (++calls === 1) progress();
          return Promise.reject(new TransientError("It broke."));
        },
      },
    });

    assert.equal(outcome.kind, "finished");
    assert.equal(row().status, "failed");
    assert.equal(outcome.attempts, 4);
    assert.deepEqual(runs.reports, []);
  }));

Deno.test("a run without items says every 15 seconds that it is at work", () =>
  onFakeTime(async () => {
    const { runs, execute } = setUp();
    runs.beforeBatch = () => new Promise((done) => setTimeout(done, 40_000));
    await execute({ wallClockSeconds: 400 });

    const first = Date.parse("2026-01-01T00:00:00.000Z");
    const reported = runs.calls
      .filter(({ name }) => name === "report_job_progress")
      .map(({ at }) => (at - first) / 1000);
    assert.deepEqual(
      reported,
      [15, 30, 40, 55, 70, 80, 95, 110, 120, 135, 150],
    );
    assert.deepEqual(runs.reports, []);
  }));

Deno.test("the fourth transient error in a row fails the run", () =>
  onFakeTime(async () => {
    const { runs, execute, row } = setUp();
    runs.failNext("process_installment_batch", ...times(4, lost));
    const outcome = await execute();

    assert.equal(outcome.kind, "finished");
    assert.equal(outcome.attempts, 4);
    assert.equal(row().status, "failed");
    assert.match(row().errorMessage ?? "", /Connection refused/);
    assert.deepEqual(
      runs.delaysOf("process_installment_batch"),
      [0, 1000, 3000, 7000],
    );
  }));

Deno.test("a permanent error fails the run at once", () =>
  onFakeTime(async () => {
    const { runs, execute, row } = setUp();
    runs.failNext("process_installment_batch", denied);
    const outcome = await execute();

    assert.equal(outcome.kind, "finished");
    assert.equal(outcome.attempts, 1);
    assert.equal(row().status, "failed");
    assert.equal(
      row().errorMessage,
      "process_installment_batch failed: permission denied (42501)",
    );
    assert.deepEqual(runs.delaysOf("process_installment_batch"), [0]);
  }));

Deno.test("an answer of an unknown shape fails the run and names the problem", () =>
  onFakeTime(async () => {
    const { runs, execute, row } = setUp();
    runs.failNext("process_installment_batch", {
      answer: { status: 200, data: { done: "yes" }, error: null },
    });
    await execute();

    assert.equal(row().status, "failed");
    assert.match(row().errorMessage ?? "", /not as agreed: done: .*boolean/);
  }));

Deno.test("a defect in the job fails the run with its message", () =>
  onFakeTime(async () => {
    const { execute, row } = setUp();
    const outcome = await execute({
      job: {
        name: batchJob.name,
        run: () => Promise.reject(new TypeError("x is not a function")),
      },
    });

    assert.equal(outcome.kind, "finished");
    assert.equal(row().status, "failed");
    assert.equal(row().errorMessage, "x is not a function");
  }));

Deno.test("a run that was closed while it worked stops and does not change its row", () =>
  onFakeTime(async () => {
    const { runs, execute, row, eventNames } = setUp();
    runs.beforeBatch = (run, batch) => {
      if (batch === 2) {
        run.status = "failed";
        run.errorMessage = "exceeded max_runtime";
      }
    };
    const outcome = await execute();

    assert.equal(outcome.kind, "no_longer_running");
    assert.equal(row().errorMessage, "exceeded max_runtime");
    assert.equal(row().recordsUpdated, 10);
    // Once, for a run that was cancelled and has not ended yet.
    assert.deepEqual(runs.delaysOf("finish_job_run"), [0]);
    assert.equal(eventNames().at(-1), "run_no_longer_running");
  }));

Deno.test("a run closed before its end is logged keeps that status", () =>
  onFakeTime(async () => {
    const { execute, row } = setUp();
    const outcome = await execute({
      job: {
        name: batchJob.name,
        run: async (context) => {
          await batchJob.run(context);
          row().status = "failed";
          row().errorMessage = "exceeded max_runtime";
          row().completedAt = new Date().toISOString();
        },
      },
    });

    assert.equal(outcome.kind, "finished");
    assert.equal(outcome.run.status, "failed");
    assert.equal(outcome.run.errorMessage, "exceeded max_runtime");
  }));

Deno.test("the platform's limit stops the work 10 s before it", () =>
  onFakeTime(async () => {
    const { runs, execute, row } = setUp();
    runs.beforeBatch = () => new Promise((done) => setTimeout(done, 60_000));
    const begin = Date.now();
    const outcome = await execute({ wallClockSeconds: 130 });

    assert.equal(outcome.kind, "finished");
    assert.equal(row().status, "success");
    assert.equal(row().metadata.continued, true);
    assert.equal(Date.now() - begin, 120_000);
    assert.equal(row().recordsUpdated, 20);
  }));

Deno.test("the job's max_runtime stops the work when it is shorter", () =>
  onFakeTime(async () => {
    const { runs, execute, row } = setUp({ maxRuntimeSeconds: 40 });
    runs.failNext("process_installment_batch", hanging);
    const begin = Date.now();
    await execute();

    assert.equal(row().status, "failed");
    assert.match(row().errorMessage ?? "", /time limit of 30 s/);
    assert.equal(Date.now() - begin, 30_000);
  }));

Deno.test("waiting for a retry ends with the time limit", () =>
  onFakeTime(async () => {
    const { runs, execute, row } = setUp({ maxRuntimeSeconds: 11 });
    runs.failNext("process_installment_batch", ...times(4, lost));
    const begin = Date.now();
    await execute();

    assert.match(row().errorMessage ?? "", /time limit/);
    assert.equal(Date.now() - begin, 5500);
  }));

Deno.test("a batch without an answer is given up after 70 s and repeated", () =>
  onFakeTime(async () => {
    const { runs, execute, row } = setUp();
    runs.failNext("process_installment_batch", hanging);
    const outcome = await execute();

    assert.equal(outcome.kind, "finished");
    assert.equal(row().status, "success");
    assert.deepEqual(
      runs.delaysOf("process_installment_batch").slice(0, 2),
      [0, 71_000],
    );
  }));

Deno.test("the end of a run is logged with retries of its own", () =>
  onFakeTime(async () => {
    const { runs, execute, row } = setUp();
    runs.failNext("process_installment_batch", ...times(3, lost));
    runs.failNext("finish_job_run", lost, lostAfterCommit, lost);
    const outcome = await execute();

    assert.equal(outcome.kind, "finished");
    assert.equal(row().status, "success");
    assert.deepEqual(
      runs.delaysOf("finish_job_run"),
      [0, 1000, 3000, 7000],
    );
  }));

Deno.test("a run whose end cannot be logged is said to be left running", () =>
  onFakeTime(async () => {
    for (const faults of [times(4, lost), [denied]]) {
      const { runs, execute, row, events } = setUp();
      runs.failNext("finish_job_run", ...faults);
      const outcome = await execute();

      assert.equal(outcome.kind, "left_running");
      assert.match(outcome.message, /stays 'running' until the supervisor/);
      assert.equal(row().status, "running");
      assert.equal(events.at(-1)?.event, "run_left_running");
      assert.equal(events.at(-1)?.level, "error");
    }
  }));

Deno.test("the answer is given before the platform's limit, whatever hangs", () =>
  onFakeTime(async () => {
    const { runs, execute } = setUp();
    runs.failNext("process_installment_batch", ...times(4, hanging));
    runs.failNext("finish_job_run", ...times(4, hanging));
    const begin = Date.now();
    const outcome = await execute({ wallClockSeconds: 150 });

    assert.equal(outcome.kind, "left_running");
    assert.equal(Date.now() - begin, 149_000);
  }));

Deno.test("a start that is refused for good writes nothing and is not repeated", () =>
  onFakeTime(async () => {
    const { runs, execute, eventNames } = setUp();
    runs.failNext("start_job_run", notFound);
    const outcome = await execute();

    assert.equal(outcome.kind, "not_started");
    assert.match(outcome.message, /Could not find the function/);
    assert.equal(runs.calls.length, 1);
    assert.deepEqual(eventNames(), ["attempt_failed", "run_not_started"]);
  }));

Deno.test("a start that was never answered leaves no running row behind", () =>
  onFakeTime(async () => {
    const { runs, execute, row } = setUp();
    runs.failNext("start_job_run", lostAfterCommit, ...times(3, lost));
    const outcome = await execute();

    assert.equal(outcome.kind, "finished");
    assert.equal(row().status, "failed");
    assert.match(row().errorMessage ?? "", /start_job_run failed/);
    assert.deepEqual(
      runs.delaysOf("start_job_run"),
      [0, 1000, 3000, 7000],
    );
  }));

Deno.test("a database that is away all the time is reported as the cause", () =>
  onFakeTime(async () => {
    const { runs, execute } = setUp();
    runs.failNext("start_job_run", ...times(4, lost));
    runs.failNext("finish_job_run", ...times(4, lost));
    const outcome = await execute();

    assert.equal(outcome.kind, "not_started");
    assert.match(outcome.message, /start_job_run failed: .*refused/);
    assert.equal(runs.runs.size, 0);
  }));

Deno.test("every event of a run carries its id and its job", () =>
  onFakeTime(async () => {
    const { runs, execute, events } = setUp();
    runs.failNext("process_installment_batch", lost);
    runs.failNext("finish_job_run", ...times(4, lost));
    await execute();

    assert.deepEqual(
      events.map(({ event }) => event),
      [
        "run_started",
        "attempt_failed",
        ...times(4, "finish_failed"),
        "run_left_running",
      ],
    );
    for (const { event, runId, jobName } of events) {
      assert.deepEqual({ runId, jobName }, {
        runId: RUN_ID,
        jobName: batchJob.name,
      }, String(event));
    }
  }));
