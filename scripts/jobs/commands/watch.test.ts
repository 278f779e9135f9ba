import { deepEqual, equal, match, rejects } from "node:assert/strict";
import { onFakeTime } from "../../../supabase/functions/_shared/testing/fake-time.ts";
import type { Run } from "../api/answers.ts";
import { NoAnswer } from "../api/send.ts";
import { type FakeContext, fakeContext } from "../testing/fake_context.ts";
import {
  idBeginning,
  sampleHealth,
  sampleJob,
  samplePage,
  sampleReason,
  sampleRun,
} from "../testing/samples.ts";
import { watch } from "./watch.ts";

const INTERVAL_MS = 10_000;

const start = (context: FakeContext) => watch(context, { interval: 10 });

/**
 * Watches a project while things happen, one step between two looks, and stops
 * after the last. The clock starts at 2026-01-01 00:00:00.
 */
async function watchWhile(
  context: FakeContext,
  ...steps: readonly (() => void)[]
): Promise<void> {
  steps.forEach((step, index) => setTimeout(step, (index + 0.5) * INTERVAL_MS));
  setTimeout(context.stop, (steps.length + 0.5) * INTERVAL_MS);
  equal(await start(context), 0);
}

const linesOf = ({ terminal }: FakeContext) =>
  terminal.output.split("\n").filter((line) => line !== "");

const running = sampleRun({
  id: idBeginning("aaaaaaaa"),
  jobName: "sync",
  status: "running",
  startedAt: "2026-01-01T00:00:02Z",
  durationMs: null,
});
const ended: Run = {
  ...running,
  status: "success",
  durationMs: 5000,
  recordsUpdated: 1,
};
const failed: Run = {
  ...sampleRun({ id: idBeginning("bbbbbbbb"), jobName: "sync" }),
  status: "failed",
  durationMs: 340,
  errorMessage: "deadlock\ndetected",
  startedAt: "2026-01-01T00:00:01Z",
};
const critical = sampleHealth({
  status: "critical",
  jobs: [sampleJob({
    status: "critical",
    reasons: [sampleReason({ message: "It failed 0.1 hours ago." })],
  })],
});

Deno.test("in a file the first look shows all jobs, and then each change is a line", () =>
  onFakeTime(async () => {
    const context = fakeContext({ runs: [sampleRun()] });
    const { state } = context;
    await watchWhile(
      context,
      () => state.runs = [running, sampleRun()],
      () => {},
      () => state.runs = [ended, failed, sampleRun()],
      () => state.health = critical,
      () => state.health = sampleHealth(),
    );
    deepEqual(linesOf(context), [
      "2026-01-01 00:00:00 UTC  All jobs  ok",
      "2026-01-01 00:00:00 UTC  update-installment-statuses  ok",
      "2026-01-01 00:00:10 UTC  sync  running  run aaaaaaaa (cron)",
      "2026-01-01 00:00:30 UTC  sync  failed  run bbbbbbbb after 340 ms: deadlock detected",
      "2026-01-01 00:00:30 UTC  sync  success  run aaaaaaaa in 5 s, 1 row",
      "2026-01-01 00:00:40 UTC  update-installment-statuses  critical  It failed 0.1 hours ago.",
      "2026-01-01 00:00:50 UTC  update-installment-statuses  ok",
    ]);
  }));

Deno.test("a reason that only grows older is not a change", () =>
  onFakeTime(async () => {
    const context = fakeContext({ health: critical });
    const later = sampleReason({ message: "It failed 0.2 hours ago." });
    await watchWhile(context, () =>
      context.state.health = sampleHealth({
        ...critical,
        jobs: [sampleJob({ status: "critical", reasons: [later] })],
      }));
    equal(linesOf(context).length, 2);
  }));

Deno.test("a reason that has become worse is a change", () =>
  onFakeTime(async () => {
    const jobs = [sampleJob({
      status: "warning",
      reasons: [sampleReason({ severity: "warning" })],
    })];
    const context = fakeContext({ health: sampleHealth({ jobs }) });
    await watchWhile(context, () => context.state.health = critical);
    match(linesOf(context)[2], /critical {2}It failed/);
  }));

Deno.test("the end of a run is shown, however many have started since", () =>
  onFakeTime(async () => {
    const context = fakeContext({ runs: [running] });
    const newer = Array.from(
      { length: 100 },
      (_, number) =>
        sampleRun({ id: idBeginning(String(10_000_000 + number)) }),
    );
    await watchWhile(context, () => context.state.runs = [...newer, ended]);
    const told = linesOf(context).filter((line) => line.includes("aaaaaaaa"));
    deepEqual(told, [
      "2026-01-01 00:00:00 UTC  sync  running  run aaaaaaaa (cron)",
      "2026-01-01 00:00:10 UTC  sync  success  run aaaaaaaa in 5 s, 1 row",
    ]);
  }));

Deno.test("with --json there is a line of JSON for each look that saw a change", () =>
  onFakeTime(async () => {
    const context = fakeContext({}, { json: true, isInteractive: true });
    const { state } = context;
    await watchWhile(
      context,
      () => {},
      () => state.runs = [running],
      () => {},
    );
    deepEqual(linesOf(context).map((line) => JSON.parse(line)), [
      { health: sampleHealth(), running: [] },
      { health: sampleHealth(), running: [running] },
    ]);
  }));

Deno.test("a project that does not answer is reported once, and again when it is back", () =>
  onFakeTime(async () => {
    const context = fakeContext();
    let away = false;
    const health = () =>
      away
        ? Promise.reject(new NoAnswer("Away.", false))
        : Promise.resolve(sampleHealth());
    await watchWhile(
      { ...context, client: { ...context.client, health } },
      () => away = true,
      () => {},
      () => away = false,
      () => {},
    );
    equal(
      context.terminal.notes,
      "2026-01-01 00:00:10 UTC  Away.\n" +
        "2026-01-01 00:00:30 UTC  It answers again.\n",
    );
    equal(linesOf(context).length, 2);
  }));

Deno.test("a project that is away at the first look is not waited for", async () => {
  const context = fakeContext({}, { isInteractive: true });
  const health = () => Promise.reject(new NoAnswer("Away.", false));
  const client = { ...context.client, health };
  await rejects(start({ ...context, client }), /Away/);
  equal(context.terminal.output, "");
});

Deno.test("stopping does not wait for an answer", () =>
  onFakeTime(async () => {
    for (const looks of [0, 1]) {
      const context = fakeContext();
      let asked = 0;
      const health = () => {
        if (asked++ < looks) return Promise.resolve(sampleHealth());
        context.stop();
        return Promise.reject(context.signal.reason);
      };
      const client = { ...context.client, health };
      equal(await start({ ...context, client }), 0);
    }
  }));

const ENTER = "\x1b[?1049h\x1b[?25l\x1b[?7l";
const LEAVE = "\x1b[?7h\x1b[?25h\x1b[?1049l";

/** What was drawn on the screen, look by look. */
function screensOf({ terminal }: FakeContext): string[][] {
  const { output } = terminal;
  equal(output.slice(0, ENTER.length), ENTER);
  equal(output.slice(-LEAVE.length), LEAVE);
  return output.slice(ENTER.length, -LEAVE.length)
    .split("\x1b[H").slice(1)
    .map((screen) => {
      equal(screen.slice(-5), "\r\n\x1b[J");
      return screen.slice(0, -5).split("\r\n").map((line) => {
        equal(line.slice(0, 3), "\x1b[K");
        return line.slice(3);
      });
    });
}

Deno.test("on a terminal everything is drawn in place, and the screen given back", () =>
  onFakeTime(async () => {
    const context = fakeContext({}, {
      isInteractive: true,
      columns: 80,
      rows: 24,
    });
    await watchWhile(context, () => context.state.runs = [running]);
    const [first, second] = screensOf(context);
    deepEqual(first.slice(0, 3), ["Running now", "nothing", ""]);
    match(first[3], /^ok {2}https:\/\/project\.example, checked 2026-11-22/);
    deepEqual(second.slice(0, 3), [
      "Running now",
      "sync",
      "run       started (UTC)     status   took  rows  age      trigger  error",
    ]);
  }));

Deno.test("a screen that is too low says how much it does not show", () =>
  onFakeTime(async () => {
    const context = fakeContext({}, {
      isInteractive: true,
      columns: 80,
      rows: 7,
    });
    await watchWhile(context);
    const [screen] = screensOf(context);
    equal(screen.length, 6);
    equal(screen[5], "… 7 more lines");
  }));

Deno.test("on a terminal a problem stands above what was seen last", () =>
  onFakeTime(async () => {
    const context = fakeContext({}, {
      isInteractive: true,
      columns: 80,
      rows: 24,
    });
    let away = false;
    const listRuns = () =>
      away
        ? Promise.reject(new NoAnswer("Away.", false))
        : Promise.resolve(samplePage([]));
    const client = { ...context.client, listRuns };
    await watchWhile({ ...context, client }, () => away = true);
    const [first, second] = screensOf(context);
    equal(second.length, first.length + 2);
    equal(second.length, first.length + 2);
    deepEqual(second.slice(0, 3), ["Away.", "", first[0]]);
  }));

Deno.test("the screen is given back also when something unforeseen happens", () =>
  onFakeTime(async () => {
    const context = fakeContext({}, {
      isInteractive: true,
      columns: 80,
      rows: 24,
    });
    let looks = 0;
    const health = () =>
      looks++ === 0
        ? Promise.resolve(sampleHealth())
        : Promise.reject(new RangeError("unforeseen"));
    const client = { ...context.client, health };
    await rejects(start({ ...context, client }), /unforeseen/);
    equal(screensOf(context).length, 1);
  }));
