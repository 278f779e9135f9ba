import assert from "node:assert/strict";
import { errorBody } from "../_shared/testing/assert-error.ts";
import {
  databaseError,
  FakeRuns,
  type FakeRunsOptions,
  networkError,
} from "../_shared/testing/fake-runs.ts";
import { onFakeTime } from "../_shared/testing/fake-time.ts";
import { jobUnderTest } from "../_shared/testing/job-under-test.ts";
import { batchSize, nextBatchSize, updateInstallmentStatuses } from "./job.ts";

const RUN_ID = "11111111-1111-4111-8111-111111111111";

const agencyId = (number: number) =>
  `00000000-0000-4000-8000-${number.toString().padStart(12, "0")}`;

function setUp(options: FakeRunsOptions = {}) {
  const runs = new FakeRuns({
    due: new Map([[agencyId(1), 5], [agencyId(2), 3]]),
    ...options,
  });
  return jobUnderTest(updateInstallmentStatuses, { runs });
}

Deno.test("each attempt takes smaller batches, and never an empty one", () => {
  assert.deepEqual([1, 2, 3, 4].map(batchSize), [5000, 625, 79, 10]);
});

Deno.test("a run is executed and answered with what changed", () =>
  onFakeTime(async () => {
    const { runs, trigger } = setUp({ batchSize: 3 });
    const response = await trigger({
      headers: { "X-Run-Id": RUN_ID },
      body: '{"triggerSource": "cron"}',
    });

    assert.equal(response.status, 200);
    assert.equal(response.headers.get("Access-Control-Allow-Origin"), "*");
    assert.deepEqual(await response.json(), {
      success: true,
      runId: RUN_ID,
      recordsUpdated: 8,
      agencies: [
        {
          agencyId: agencyId(1),
          updatedCount: 5,
          transitions: { pending_to_overdue: 5 },
        },
        {
          agencyId: agencyId(2),
          updatedCount: 3,
          transitions: { pending_to_overdue: 3 },
        },
      ],
      errors: [],
      attempts: 1,
      durationMs: 0,
    });
    assert.equal(runs.delaysOf("process_installment_batch").length, 3);
    const row = runs.runs.get(RUN_ID);
    assert.equal(row?.jobName, "update-installment-statuses");
    assert.equal(row?.triggerSource, "cron");
    assert.equal(row?.status, "success");
  }));

Deno.test("1,500 agencies are answered completely", async () => {
  const due = new Map(
    Array.from({ length: 1500 }, (_, index) => [agencyId(index), 2]),
  );
  const { trigger } = setUp({ due, batchSize: 1000 });
  const answer = await (await trigger()).json();

  assert.equal(answer.recordsUpdated, 3000);
  assert.equal(answer.agencies.length, 1500);
});

Deno.test("nothing due is a success without agencies", async () => {
  const { trigger } = setUp({ due: new Map() });
  const answer = await (await trigger()).json();
  assert.equal(answer.success, true);
  assert.equal(answer.recordsUpdated, 0);
  assert.deepEqual(answer.agencies, []);
});

Deno.test("an agency that fails is reported while the others succeed", async () => {
  const { trigger } = setUp({
    failing: new Map([[agencyId(1), "trigger refused"]]),
  });
  const response = await trigger();
  const answer = await response.json();

  assert.equal(response.status, 200);
  assert.equal(answer.recordsUpdated, 3);
  assert.deepEqual(answer.errors, [{
    id: agencyId(1),
    name: `Agency ${agencyId(1)}`,
    error: "trigger refused (SQLSTATE P0001)",
  }]);
});

Deno.test("too many failed agencies make a 500 that reports what was done", async () => {
  const { trigger } = setUp({
    due: new Map([[agencyId(1), 1], [agencyId(2), 1], [agencyId(3), 4]]),
    failing: new Map([[agencyId(1), "no"], [agencyId(2), "no"]]),
  });
  const body = await errorBody(
    await trigger({ headers: { "X-Run-Id": RUN_ID } }),
    500,
    "run_failed",
  );

  assert.equal(
    body.error.message,
    "2 of 3 items failed, more than 50 %. The first: no (SQLSTATE P0001)",
  );
  assert.equal(body.runId, RUN_ID);
  assert.equal(body.recordsUpdated, 4);
  assert.deepEqual(body.agencies, [{
    agencyId: agencyId(3),
    updatedCount: 4,
    transitions: { pending_to_overdue: 4 },
  }]);
  assert(Array.isArray(body.errors) && body.errors.length === 2);
});

Deno.test("a batch that is cancelled at its time-out is tried again with less to do", () =>
  onFakeTime(async () => {
    const { runs, trigger } = setUp({ due: new Map([[agencyId(1), 700]]) });
    runs.failNext("process_installment_batch", {
      answer: databaseError("57014", "canceling statement due to timeout"),
    });
    const answer = await (await trigger()).json();
    assert.equal(answer.recordsUpdated, 700);
    assert.equal(answer.attempts, 2);
    assert.deepEqual(runs.batchSizes, [625, 1250]);
  }));

Deno.test("after a quick batch the next one may take twice as many, up to the largest", () => {
  const sizes = [10];
  for (let batch = 1; batch <= 10; batch++) {
    sizes.push(nextBatchSize(sizes.at(-1) ?? 0, 14_999));
  }
  assert.deepEqual(
    sizes,
    [10, 20, 40, 80, 160, 320, 640, 1280, 2560, 5000, 5000],
  );
  assert.equal(nextBatchSize(625, 15_000), 625);
});

Deno.test("after three blips the batches grow back to their full size", () =>
  onFakeTime(async () => {
    const { runs, trigger } = setUp({ due: new Map([[agencyId(1), 20_000]]) });
    runs.failNext(
      "process_installment_batch",
      ...Array(3).fill({ answer: networkError }),
    );
    const answer = await (await trigger()).json();
    assert.equal(answer.recordsUpdated, 20_000);
    assert.deepEqual(
      runs.batchSizes,
      [10, 20, 40, 80, 160, 320, 640, 1280, 2560, 5000, 5000, 5000],
    );
  }));

Deno.test("the log lines of a run carry its id", () =>
  onFakeTime(async () => {
    const { lines, trigger } = setUp({ batchSize: 5 });
    await trigger({ headers: { "X-Run-Id": RUN_ID } });
    assert.deepEqual(
      lines.map((line) => JSON.parse(line)).map((
        { event, runId, jobName },
      ) => ({ event, runId, jobName })),
      ["run_started", "batch_processed", "batch_processed", "run_finished"]
        .map((event) => ({
          event,
          runId: RUN_ID,
          jobName: "update-installment-statuses",
        })),
    );
  }));

Deno.test("an unforeseen error is a 500 in the usual form, without details", async () => {
  const { runs, lines, trigger } = setUp();
  runs.addRun(updateInstallmentStatuses.name, RUN_ID).metadata = {};
  runs.failNext("finish_job_run", {
    answer: {
      status: 200,
      data: {
        run_id: RUN_ID,
        status: "success",
        records_updated: 0,
        items_total: null,
        items_processed: null,
        items_failed: 0,
        duration_ms: 0,
        error_message: null,
        errors: null,
        metadata: { agencies: "none" },
      },
      error: null,
    },
  });
  const response = await trigger({ headers: { "X-Run-Id": RUN_ID } });
  const { error } = await errorBody(response, 500, "internal_error");
  assert.doesNotMatch(error.message, /agencies|array/);
  assert.match(lines.at(-1) ?? "", /"event":"unexpected_error".*array/);
});
