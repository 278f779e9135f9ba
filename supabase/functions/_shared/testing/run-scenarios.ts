import assert from "node:assert/strict";
import type { CallRpc, RpcAnswer, RpcArgs, RpcName } from "../rpc/client.ts";

/** A database with overdue installments, real or not. */
export interface RunWorld {
  readonly callRpc: CallRpc;
}

/** What a scenario finds in the database. */
export interface Arrangement {
  /** How many installments are due, by agency id; there is no other agency. */
  readonly due: ReadonlyMap<string, number>;
  /** Agencies whose update raises, with the error. */
  readonly failing?: ReadonlyMap<string, string>;
}

/** What `FakeRuns` and the database have in common. */
export interface RunScenario {
  readonly name: string;
  readonly arrangement?: Arrangement;
  readonly play: (world: RunWorld) => Promise<void>;
}

const JOB = "doubles-test";
const [RUN, OTHER_RUN, NO_RUN] = [1, 2, 3].map((number) =>
  `4444444${number}-4444-4444-8444-444444444444`
);
const [TOKEN, OTHER_TOKEN] = [1, 2].map((number) =>
  `6666666${number}-6666-4666-8666-666666666666`
);
const [LARGE, SMALL, BROKEN] = [1, 2, 3].map((number) =>
  `5555555${number}-5555-4555-8555-555555555555`
);
const item = (number: number) => ({
  id: `${number}`,
  name: `Item ${number}`,
  error: "It broke.",
});

function ask<Name extends RpcName>(
  { callRpc }: RunWorld,
  name: Name,
  args: RpcArgs<Name>,
): Promise<RpcAnswer> {
  return callRpc(name, args, new AbortController().signal);
}

/** Asserts that a call answers an object with these members, among others. */
async function gives<Name extends RpcName>(
  world: RunWorld,
  name: Name,
  args: RpcArgs<Name>,
  expected: object,
): Promise<void> {
  const { data, error } = await ask(world, name, args);
  assert.equal(error, null);
  const members = Object.keys(expected).map((key) => [
    key,
    (data as Record<string, unknown>)[key],
  ]);
  assert.deepEqual(Object.fromEntries(members), expected);
}

/** Asserts that a call is refused with this code. */
async function refuses<Name extends RpcName>(
  world: RunWorld,
  name: Name,
  args: RpcArgs<Name>,
  code: string,
): Promise<void> {
  const { error } = await ask(world, name, args);
  assert.equal((error as { code: string } | null)?.code, code);
}

const start = (world: RunWorld, run_id: string, job_name = JOB) =>
  ask(world, "start_job_run", { job_name, run_id, trigger_source: "cron" });

export const RUN_SCENARIOS: readonly RunScenario[] = [
  {
    name: "a run that starts is acquired, and again when it asks again",
    async play(world) {
      for (let call = 1; call <= 2; call++) {
        await gives(world, "start_job_run", { job_name: JOB, run_id: RUN }, {
          acquired: true,
          run_id: RUN,
          status: "running",
          max_runtime_seconds: 600,
        });
      }
    },
  },
  {
    name: "a job has one run at a time, and another job is not held up",
    async play(world) {
      await start(world, RUN);
      await gives(
        world,
        "start_job_run",
        { job_name: JOB, run_id: OTHER_RUN },
        { acquired: false, run_id: RUN, status: "running" },
      );
      await gives(
        world,
        "start_job_run",
        { job_name: `${JOB}-2`, run_id: OTHER_RUN },
        { acquired: true, run_id: OTHER_RUN },
      );
    },
  },
  {
    name: "the first token to come takes a run over, and no other does",
    async play(world) {
      await start(world, RUN);
      const call = { job_name: JOB, run_id: RUN };
      for (const [token, acquired] of [[TOKEN, true], [OTHER_TOKEN, false]]) {
        for (let repeat = 1; repeat <= 2; repeat++) {
          await gives(
            world,
            "start_job_run",
            { ...call, token: `${token}` },
            { acquired, run_id: RUN, status: "running" },
          );
        }
      }
      await gives(world, "start_job_run", call, { acquired: false });
    },
  },
  {
    name: "only the worker that has taken a run over ends it with its token",
    async play(world) {
      const call = { job_name: JOB, run_id: RUN };
      await gives(
        world,
        "start_job_run",
        { ...call, token: TOKEN },
        { acquired: true },
      );
      const end = { run_id: RUN, status: "success" };
      await refuses(
        world,
        "finish_job_run",
        { ...end, status: "failed", token: OTHER_TOKEN },
        "PT409",
      );
      await gives(world, "finish_job_run", { ...end, token: TOKEN }, {
        status: "success",
      });
      await gives(world, "finish_job_run", { ...end, token: OTHER_TOKEN }, {
        status: "success",
      });
      await gives(
        world,
        "start_job_run",
        { ...call, token: OTHER_TOKEN },
        { acquired: false, run_id: RUN, status: "success" },
      );
    },
  },
  {
    name: "a report without counts changes none",
    async play(world) {
      await start(world, RUN);
      const counts = { items_total: 10, items_processed: 3, items_failed: 1 };
      const report = { run_id: RUN, ...counts };
      await gives(world, "report_job_progress", report, counts);
      await gives(world, "report_job_progress", { run_id: RUN }, counts);
    },
  },
  {
    name: "a run of one job is not resumed as another's",
    async play(world) {
      await start(world, RUN);
      await refuses(world, "start_job_run", {
        job_name: `${JOB}-2`,
        run_id: RUN,
      }, "PT409");
    },
  },
  {
    name: "a run that has ended frees its job and does not start again",
    async play(world) {
      await start(world, RUN);
      await gives(
        world,
        "finish_job_run",
        { run_id: RUN, status: "success", metadata: { week: "2026-W48" } },
        {
          run_id: RUN,
          job_name: JOB,
          status: "success",
          records_updated: 0,
          items_total: null,
          items_processed: null,
          items_failed: 0,
          error_message: null,
          errors: [],
          metadata: { week: "2026-W48" },
        },
      );
      await gives(world, "start_job_run", { job_name: JOB, run_id: RUN }, {
        acquired: false,
        run_id: RUN,
        status: "success",
      });
      await gives(
        world,
        "start_job_run",
        { job_name: JOB, run_id: OTHER_RUN },
        { acquired: true, run_id: OTHER_RUN },
      );
    },
  },
  {
    name: "a run that has ended stays as it ended",
    async play(world) {
      await start(world, RUN);
      const failure = { status: "failed", error_message: "It broke." };
      for (const end of [failure, { status: "success" }]) {
        await gives(world, "finish_job_run", { run_id: RUN, ...end }, failure);
      }
    },
  },
  {
    name: "an unknown run is refused with PT404",
    async play(world) {
      const run_id = NO_RUN;
      await refuses(world, "finish_job_run", { run_id }, "PT404");
      await refuses(world, "process_installment_batch", { run_id }, "PT404");
      const items = { items_total: 1, items_processed: 1 };
      const report = { run_id, ...items };
      await refuses(world, "report_job_progress", report, "PT404");
    },
  },
  {
    name: "the work of a run that has ended is refused with PT409",
    async play(world) {
      await start(world, RUN);
      const run_id = RUN;
      await ask(world, "finish_job_run", { run_id });
      await refuses(world, "process_installment_batch", { run_id }, "PT409");
      const items = { items_total: 1, items_processed: 1 };
      const report = { run_id, ...items };
      await refuses(world, "report_job_progress", report, "PT409");
    },
  },
  {
    name: "progress never goes back",
    async play(world) {
      await start(world, RUN);
      const latest = {
        items_total: 10,
        items_processed: 3,
        items_failed: 1,
        records_updated: 20,
      };
      const late = {
        items_total: 10,
        items_processed: 2,
        items_failed: 0,
        records_updated: 10,
      };
      const errors = [item(1)];
      const reports = [{ ...latest, errors }, { ...late, errors: [] }];
      for (const report of reports) {
        await gives(
          world,
          "report_job_progress",
          { run_id: RUN, ...report },
          latest,
        );
      }
      await gives(world, "finish_job_run", { run_id: RUN, status: "failed" }, {
        ...latest,
        errors,
      });
    },
  },
  {
    name: "half of the items may fail",
    async play(world) {
      await start(world, RUN);
      await gives(world, "finish_job_run", {
        run_id: RUN,
        status: "success",
        items_total: 2,
        items_processed: 2,
        items_failed: 1,
        errors: [item(1)],
      }, { status: "success", items_failed: 1, error_message: null });
    },
  },
  {
    name: "a run has failed when more than half of its items have",
    async play(world) {
      await start(world, RUN);
      await gives(world, "finish_job_run", {
        run_id: RUN,
        status: "success",
        items_total: 3,
        items_processed: 3,
        items_failed: 2,
        errors: [item(1), item(2)],
      }, {
        status: "failed",
        items_failed: 2,
        error_message:
          "2 of 3 items failed, more than 50 %. The first: It broke.",
      });
    },
  },
  {
    name: "a run whose time is over has succeeded so far, if an item worked",
    async play(world) {
      await start(world, RUN);
      const metadata = { continued: true };
      await gives(world, "finish_job_run", {
        run_id: RUN,
        status: "success",
        error_message: "Its time was over.",
        items_total: 10,
        items_processed: 2,
        items_failed: 1,
        errors: [item(1)],
        metadata,
      }, { status: "success", error_message: null, metadata });
    },
  },
  {
    name: "a run whose time is over before anything was done has failed",
    async play(world) {
      for (
        const [run_id, error_message] of [
          [RUN, "Its time was over."],
          [OTHER_RUN, undefined],
        ] as const
      ) {
        await start(world, run_id);
        await gives(world, "finish_job_run", {
          run_id,
          status: "success",
          error_message,
          items_total: 10,
          items_processed: 1,
          items_failed: 1,
          errors: [item(1)],
          metadata: { continued: true },
        }, {
          status: "failed",
          error_message: error_message ??
            "The time of the run was over before anything was done.",
          metadata: {},
        });
      }
    },
  },
  {
    name: "batches mark what is due, until one is not full",
    arrangement: { due: new Map([[LARGE, 5], [SMALL, 2]]) },
    async play(world) {
      await start(world, RUN);
      const batch = { run_id: RUN, batch_size: 5 };
      await gives(world, "process_installment_batch", batch, {
        done: false,
        updated: 5,
        records_updated: 5,
        failed_agencies: 0,
      });
      await gives(world, "process_installment_batch", batch, {
        done: true,
        updated: 2,
        records_updated: 7,
        failed_agencies: 0,
      });
      const agency = (agency_id: string, updated_count: number) => ({
        agency_id,
        updated_count,
        transitions: { pending_to_overdue: updated_count },
      });
      const metadata = { attempts: 1 };
      await gives(world, "finish_job_run", { run_id: RUN, metadata }, {
        records_updated: 7,
        items_total: 2,
        items_processed: 2,
        metadata: {
          agencies: [agency(LARGE, 5), agency(SMALL, 2)],
          total_agencies_processed: 2,
          attempts: 1,
        },
      });
    },
  },
  {
    name: "a full batch may have been the last, which the next one says",
    arrangement: { due: new Map([[LARGE, 5]]) },
    async play(world) {
      await start(world, RUN);
      const batch = { run_id: RUN, batch_size: 5 };
      await gives(world, "process_installment_batch", batch, {
        done: false,
        updated: 5,
      });
      await gives(world, "process_installment_batch", batch, {
        done: true,
        updated: 0,
        records_updated: 5,
      });
    },
  },
  {
    name: "an agency that fails is named, and the others are marked",
    arrangement: {
      due: new Map([[LARGE, 5], [BROKEN, 3]]),
      failing: new Map([[BROKEN, "It broke."]]),
    },
    async play(world) {
      await start(world, RUN);
      await gives(world, "process_installment_batch", { run_id: RUN }, {
        done: true,
        updated: 5,
        failed_agencies: 1,
      });
      await gives(world, "finish_job_run", { run_id: RUN }, {
        status: "success",
        items_total: 2,
        items_failed: 1,
        errors: [
          {
            id: BROKEN,
            name: `Agency ${BROKEN}`,
            error: "It broke. (SQLSTATE P0001)",
          },
        ],
      });
    },
  },
];
