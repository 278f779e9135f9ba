import { deepEqual, equal, match, rejects } from "node:assert/strict";
import { fakeContext } from "../testing/fake_context.ts";
import { idBeginning, NOW, sampleRun } from "../testing/samples.ts";
import {
  cancelRun,
  pauseJob,
  rescheduleJob,
  restoreSchedule,
  resumeJob,
  retryAlerts,
  snoozeJob,
  unsnoozeJob,
} from "./control.ts";

const JOB = "update-installment-statuses";
const REASON = { reason: "Ada works on it." };

const atNow = (state = {}, options = {}) => ({
  ...fakeContext(state, options),
  now: () => NOW,
});

Deno.test("a command asks for its action, and says what has become of it", async () => {
  const context = atNow();
  const hour = new Date(NOW.getTime() + 3_600_000).toISOString();
  equal(await pauseJob(context, JOB, REASON), 0);
  equal(await pauseJob(context, JOB, { ...REASON, for: "1h" }), 0);
  equal(await resumeJob(context, JOB, {}), 0);
  equal(await snoozeJob(context, JOB, { ...REASON, until: hour }), 0);
  equal(await unsnoozeJob(context, JOB, {}), 0);
  equal(await restoreSchedule(context, JOB, {}), 0);
  equal(await retryAlerts(context, "slack", {}), 0);
  deepEqual(JSON.parse(JSON.stringify(context.state.asked)), [
    { action: "pause", jobName: JOB, ...REASON },
    { action: "pause", jobName: JOB, ...REASON, until: hour },
    { action: "resume", jobName: JOB },
    { action: "snooze", jobName: JOB, ...REASON, until: hour },
    { action: "unsnooze", jobName: JOB },
    { action: "restore_schedule", jobName: JOB },
    { action: "retry_alerts", channel: "slack" },
  ]);
  match(
    context.terminal.output,
    /^update-.* is paused until it is resumed\. Asked by job key: Ada works on it\.$/m,
  );
  match(context.terminal.output, /^No alert was given up/m);
});

Deno.test("a new schedule brings the interval that follows from it", async () => {
  const context = atNow();
  equal(await rescheduleJob(context, JOB, " 0  * * * * ", REASON), 0);
  deepEqual(context.state.asked?.at(-1), {
    action: "reschedule",
    jobName: JOB,
    schedule: "0 * * * *",
    expectedIntervalMinutes: 75,
    ...REASON,
  });
  await rescheduleJob(context, JOB, "0 7 * * 1", { expectedWithin: 20_000 });
  const { expectedIntervalMinutes } = JSON.parse(
    JSON.stringify(context.state.asked?.at(-1)),
  );
  equal(expectedIntervalMinutes, 20_000);
});

Deno.test("what is no schedule is refused before anything is asked", async () => {
  const context = atNow();
  for (const text of ["", "every day", "61 * * * *", "0 7 * *", "0 0 30 2 *"]) {
    await rejects(
      rescheduleJob(context, JOB, text, {}),
      /^JobsError: pg_cron cannot start a job at /,
      text,
    );
  }
  equal(context.state.asked, undefined);
});

Deno.test("a snooze without an end is refused before anything is asked", async () => {
  const context = atNow();
  await rejects(
    snoozeJob(context, JOB, REASON),
    /^JobsError: A snooze has an end, 30 days ahead at most/,
  );
  equal(context.state.asked, undefined);
});

Deno.test("a run is cancelled by the first characters of its id", async () => {
  const id = idBeginning("cb57");
  const context = atNow({ runs: [sampleRun({ id, status: "running" })] });
  equal(await cancelRun(context, "cb57", REASON), 0);
  deepEqual(context.state.asked, [{ action: "cancel", runId: id, ...REASON }]);
  match(
    context.terminal.output,
    /^Run cb57.* is cancelled: it ends when the batch in hand is done\.$/m,
  );
});

Deno.test("with --json the answer of job-control is printed, alone", async () => {
  const context = atNow({}, { json: true });
  await resumeJob(context, JOB, {});
  const { action, jobName } = JSON.parse(context.terminal.output);
  deepEqual([action, jobName], ["resume", JOB]);
});
