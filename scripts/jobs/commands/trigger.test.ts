import { deepEqual, equal, match, rejects } from "node:assert/strict";
import { onFakeTime } from "../../../supabase/functions/_shared/testing/fake-time.ts";
import type { Run } from "../api/answers.ts";
import type { TriggerOutcome } from "../api/client.ts";
import { NoAnswer } from "../api/send.ts";
import { JobsError } from "../errors.ts";
import { type FakeContext, fakeContext } from "../testing/fake_context.ts";
import { idBeginning, sampleRun } from "../testing/samples.ts";
import { trigger } from "./trigger.ts";

const JOB = "update-installment-statuses";

const start = (context: FakeContext, timeout = 900) =>
  trigger(context, JOB, { timeout });

/** A project where a trigger makes a run, which ends as the test says. */
function projectWith(
  run: Partial<Run>,
  outcome: TriggerOutcome = { kind: "answered", problem: null },
): FakeContext {
  const context = fakeContext();
  context.state.trigger = (id) => {
    context.state.runs = [sampleRun({ id, triggerSource: "manual", ...run })];
    return outcome;
  };
  return context;
}

/** Ends the run of a project after some time. */
function endLater({ state }: FakeContext, milliseconds: number): void {
  setTimeout(() => {
    state.runs = state.runs?.map((run) => ({ ...run, status: "success" }));
  }, milliseconds);
}

const lost: TriggerOutcome = { kind: "unknown", reason: "It broke." };

Deno.test("a run that succeeded is shown, and the exit code is 0", async () => {
  const context = projectWith({ status: "success" });
  equal(await start(context), 0);
  match(context.terminal.output, /^status +success$/m);
  match(
    context.terminal.notes,
    /^Triggering update-.*: run [0-9a-f-]{36} …\n$/,
  );
});

Deno.test("a run that failed is shown with its error, and the exit code is 1", async () => {
  const context = projectWith({ status: "failed", errorMessage: "It broke." });
  equal(await start(context), 1);
  match(context.terminal.output, /^error +It broke\.$/m);
});

Deno.test("with --json the run is what job-logs answers, alone", async () => {
  const context = { ...projectWith({}), json: true };
  await start(context);
  const { data, meta } = JSON.parse(context.terminal.output);
  deepEqual(data, context.state.runs);
  deepEqual(meta, { count: 1, limit: 1, nextCursor: null });
});

Deno.test("a run whose answer was lost is waited for", () =>
  onFakeTime(async () => {
    const context = projectWith({ status: "running" }, lost);
    const begin = Date.now();
    endLater(context, 60_000);
    equal(await start(context), 0);
    equal(Date.now() - begin, 60_000);
    match(context.terminal.notes, /It broke\. Looking for the run …/);
  }));

Deno.test("a run that its function could not close is waited for, too", () =>
  onFakeTime(async () => {
    const context = projectWith({ status: "running" }, {
      kind: "answered",
      problem: "It is left running.",
    });
    endLater(context, 60_000);
    equal(await start(context), 0);
    match(context.terminal.notes, /It is left running\. Looking for the run/);
  }));

Deno.test("a run that does not end in time is reported, and goes on", () =>
  onFakeTime(async () => {
    const context = projectWith({ status: "running" }, lost);
    const begin = Date.now();
    await rejects(
      start(context, 10),
      /^JobsError: Run [0-9a-f-]{36} is still running after the time-out\.$/,
    );
    equal(Date.now() - begin, 12_000);
  }));

Deno.test("a trigger that never arrived is reported within half a minute", () =>
  onFakeTime(async () => {
    const context = fakeContext({ trigger: () => lost });
    const begin = Date.now();
    await rejects(start(context), /Run .* was not found: it has not started/);
    equal(Date.now() - begin, 32_000);
  }));

Deno.test("a project that is away for a while is asked again", () =>
  onFakeTime(async () => {
    const context = projectWith({ status: "success" }, lost);
    const { findRun } = context.client;
    let asked = 0;
    const client = {
      ...context.client,
      findRun: (id: string) =>
        ++asked < 30
          ? Promise.reject(new NoAnswer("Away.", false))
          : findRun(id),
    };
    equal(await start({ ...context, client }), 0);
    equal(asked, 30);

    asked = -1000;
    await rejects(start({ ...context, client }, 10), /NoAnswer: Away\./);
  }));

Deno.test("a job that is running already is not triggered, and its run is named", async () => {
  const runId = idBeginning("aaaaaaaa");
  const context = fakeContext({
    trigger: () => ({ kind: "already_running", runId }),
  });
  await rejects(
    start(context),
    new JobsError(`${JOB} is already running: run ${runId} holds it.`),
  );
});

Deno.test("an unknown job is reported with the known ones", async () => {
  const context = fakeContext({ trigger: () => ({ kind: "no_such_job" }) });
  const problem = new RegExp(
    `There is no job \\S+, .* The jobs are: ${JOB}\\.$`,
  );
  await rejects(start(context), problem);
});

Deno.test("a name that would lead elsewhere is sent nowhere", async () => {
  const sent: string[] = [];
  const context = fakeContext({
    trigger: (runId) => {
      sent.push(runId);
      return lost;
    },
  });
  for (const name of ["../rest/v1/rpc/x", "a b", "", "x?y=1", "x#y"]) {
    await rejects(trigger(context, name, { timeout: 9 }), /There is no job/);
  }
  deepEqual(sent, []);
});

Deno.test("the function may have another name than the job", async () => {
  const slugs: string[] = [];
  const context = projectWith({ status: "success" });
  const client = {
    ...context.client,
    trigger(request: Parameters<typeof context.client.trigger>[0]) {
      slugs.push(request.slug);
      return context.client.trigger(request);
    },
  };
  await trigger({ ...context, client }, JOB, { timeout: 9, function: "other" });
  await trigger({ ...context, client }, JOB, { timeout: 9 });
  deepEqual(slugs, ["other", JOB]);
});

Deno.test("while a run is waited for, its progress is shown, where it is new", () =>
  onFakeTime(async () => {
    const context = fakeContext();
    context.state.trigger = async (id) => {
      const steps = [[0, 4000], [40, 4000], [100, 4000]] as const;
      for (const [itemsProcessed, milliseconds] of steps) {
        context.state.runs = [
          sampleRun({
            id,
            status: "running",
            itemsTotal: 200,
            itemsProcessed,
            recordsUpdated: itemsProcessed,
          }),
        ];
        await new Promise((resolve) => setTimeout(resolve, milliseconds));
      }
      context.state.runs = [sampleRun({ id, status: "success" })];
      return { kind: "answered", problem: null };
    };
    equal(await start(context), 0);
    deepEqual(
      context.terminal.notes.split("\n").slice(1, -1).map((line) =>
        /: (.*) after/.exec(line)?.[1]
      ),
      [
        "0 of 200 items",
        "40 of 200 items, 40 rows",
        "100 of 200 items, 100 rows",
      ],
    );
  }));
