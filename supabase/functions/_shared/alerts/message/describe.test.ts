import assert from "node:assert/strict";
import type { Alert, AlertOf } from "../alert.ts";
import {
  RUN_ID,
  sampleAlert,
  sampleAlerts,
  sampleJob,
  sampleRun,
} from "../testing/samples.ts";
import { formatInstant } from "../../format.ts";
import { describe as describeOn } from "./describe.ts";
import type { Description, List } from "./description.ts";

const describe = (alert: Alert) => describeOn(alert, formatInstant);

function factsOf({ parts }: Description): Record<string, string> {
  return Object.fromEntries(
    parts.flatMap((part) => part.kind === "facts" ? part.facts : [])
      .map(({ label, value }) => [label, value]),
  );
}

function listOf({ parts }: Description, title: string): List {
  const found = parts.find((part) =>
    part.kind === "list" && part.title === title
  );
  assert(found?.kind === "list", `there is no list "${title}"`);
  return found;
}

Deno.test("each kind names its page and its link", () => {
  assert.deepEqual(
    sampleAlerts.map((alert) => describe(alert)).map((
      { runbookPage, dashboardLabel },
    ) => `${runbookPage}: ${dashboardLabel}`),
    [
      "run-failed: View logs",
      "run-degraded: View logs",
      "item-failing: View logs",
      "run-succeeded: View logs",
      "run-missed: Open the dashboard",
      "job-recovered: View logs",
      "job-unhealthy: Open the dashboard",
      "heartbeat: Open the dashboard",
      "test: Open the dashboard",
    ],
  );
});

Deno.test("an alert about a run gives its id, also without its row", () => {
  for (
    const kind of [
      "run_failed",
      "run_degraded",
      "item_failing",
      "run_succeeded",
      "job_recovered",
    ] as const
  ) {
    const alert = sampleAlert(kind);
    assert.equal(factsOf(describe(alert)).Run, RUN_ID);
    const rowless = { ...alert, details: { ...alert.details, run: null } };
    assert.equal(factsOf(describe(rowless as typeof alert)).Run, RUN_ID);
  }
});

Deno.test("a failed run is shown with the facts of its log row", () => {
  const description = describe(sampleAlert("run_failed"));
  assert.equal(
    description.summary,
    "Until a run succeeds, installments that have become overdue are still " +
      "shown as pending. The run failed after 7.4 s: 15 of 24 items were not " +
      "reached, 3 items failed.",
  );
  assert.match(description.error ?? "", /statement timeout/);
  assert.deepEqual(factsOf(description), {
    Run: RUN_ID,
    Started: "2026-11-22 07:00:00 UTC",
    Ended: "2026-11-22 07:00:07 UTC",
    Duration: "7.4 s",
    "Started by": "the schedule",
    "Records updated": "1,250",
    "Items processed": "9 of 24",
    "Items failed": "3 of 24",
  });
  assert.deepEqual(
    listOf(description, "Failed items").entries.map(({ name }) => name),
    ["Brisbane College of English", "Kiwi Pathways", "Study Path Kathmandu"],
  );
});

Deno.test("a failure that is not the first says how many there were", () => {
  const { summary } = describe(sampleAlert("run_failed", {
    details: { run: sampleRun(), occurrences: 1200 },
  }));
  assert.match(summary, /the latest of 1,200 failures in a row\.$/);
});

Deno.test("a failure without a message says so", () => {
  for (const error_message of [null, "", " \n"]) {
    const { error } = describe(sampleAlert("run_failed", {
      details: { run: sampleRun({ error_message }), occurrences: 1 },
    }));
    assert.equal(error, "The run has no error message.");
  }
});

Deno.test("facts that are not known are left out", () => {
  const description = describe(sampleAlert("run_failed", {
    details: {
      run: sampleRun({
        completed_at: null,
        duration_ms: null,
        trigger_source: null,
        records_updated: 0,
      }),
      occurrences: null,
    },
  }));
  assert.match(description.summary, / The run failed\.$/);
  assert.deepEqual(factsOf(description), {
    Run: RUN_ID,
    Started: "2026-11-22 07:00:00 UTC",
    "Records updated": "0",
  });
});

Deno.test("an item without a name goes by its id, and a list says what it leaves out", () => {
  const list = listOf(
    describe(sampleAlert("run_degraded", {
      details: {
        run: sampleRun({
          items_total: 30,
          failed_items: 12,
          errors: [
            { id: "agency-7", name: null, error: null },
            { id: null, name: " ", error: "refused" },
          ],
        }),
      },
    })),
    "Failed items",
  );
  assert.deepEqual(
    list.entries.map(({ name, text }) => ({ name, text })),
    [
      { name: "agency-7", text: "no message" },
      { name: "(no name)", text: "refused" },
    ],
  );
  assert.equal(list.more, 10);
});

Deno.test("a degraded run says what share failed", () => {
  const { summary, error } = describe(sampleAlert("run_degraded"));
  assert.equal(
    summary,
    "3 of 12 items (25 %) were left out: Brisbane College of English, Kiwi " +
      "Pathways and Study Path Kathmandu. For them, installments that have " +
      "become overdue are still shown as pending. The other items are done.",
  );
  assert.equal(error, null);
});

Deno.test("an item that keeps failing is named first, with its error, how often and since when", () => {
  const description = describe(sampleAlert("item_failing"));
  assert.equal(
    description.summary,
    "Kiwi Pathways was left out: it failed in 2 runs in a row. For it, " +
      "installments that have become overdue are still shown as pending.",
  );
  assert.deepEqual(
    listOf(description, "Failing items").entries.map(({ name, text }) =>
      `${name}: ${text}`
    ),
    [
      "Kiwi Pathways: 2 runs in a row, since 2026-11-21 07:00:00 UTC: the " +
      "amount must be positive (23514)",
    ],
  );
  assert.equal(factsOf(description)["Items failed"], "1 of 24");
});

Deno.test("of several failing items the first are listed, and all are counted", () => {
  const { details } = sampleAlert("item_failing");
  const [item] = details.items;
  const several = { ...details, items_failing: 12, items: [item, item] };
  const description = describe(
    sampleAlert("item_failing", { details: several }),
  );
  assert.match(
    description.summary,
    /^12 items were left out \(.*, .* and 10 more\): each failed in /,
  );
  assert.equal(listOf(description, "Failing items").more, 10);
});

Deno.test("a failing item of which little is known is reported all the same", () => {
  const unknown = {
    id: "agency-7",
    name: null,
    error: null,
    failures: null,
    failing_since: null,
  };
  const described = (items: typeof unknown[], items_failing: number | null) =>
    describe(sampleAlert("item_failing", {
      details: { run: null, items, items_failing },
    }));
  assert.match(
    described([unknown], 1).summary,
    /^agency-7 was left out: it failed in 2 runs in a row\. /,
  );
  assert.equal(
    listOf(described([unknown], null), "Failing items").entries[0].text,
    "no message",
  );
  assert.match(described([], null).summary, /^Some items were left out: /);
});

Deno.test("a success that left something out says so", () => {
  const summaryOf = (changes: Parameters<typeof sampleRun>[0]) =>
    describe(sampleAlert("run_succeeded", {
      details: { run: sampleRun({ duration_ms: 43, ...changes }) },
    })).summary;

  assert.equal(
    summaryOf({}),
    "The work of this job is done. The run succeeded in 43 ms.",
  );
  assert.equal(
    summaryOf({ failed_items: 1 }),
    "1 item was left out. The other items are done. The run succeeded in 43 ms.",
  );
});

function missed(
  changes: Partial<AlertOf<"run_missed">["details"]>,
): Description {
  const sample = sampleAlert("run_missed");
  return describe({ ...sample, details: { ...sample.details, ...changes } });
}

Deno.test("a missed run says the hours since the last one", () => {
  const description = missed({
    hours_since_last_run: 26.3,
    hours_since_last_success: 26.3,
  });
  assert.equal(
    description.summary,
    "Until a run succeeds, installments that have become overdue are still " +
      "shown as pending. The last run was 26.3 hours ago. A success is expected at least every " +
      "25 hours.",
  );
  assert.deepEqual(factsOf(description), {
    "Last run": "26.3 hours ago, 2026-11-22 07:00:00 UTC",
    "Last success": "26.3 hours ago, 2026-11-22 07:00:00 UTC",
    "Expected every": "25 hours",
    Noticed: "2026-11-23 08:01:00 UTC",
  });
});

Deno.test("runs that do not succeed are distinguished from no runs", () => {
  assert.match(
    missed({
      last_run_at: "2026-11-23T07:00:00+00:00",
      hours_since_last_run: 1,
    }).summary,
    / The last run was 1 hour ago and has not succeeded\. The last success was 25 hours ago\. /,
  );
  assert.match(
    missed({ last_success_at: null, hours_since_last_success: null }).summary,
    / The last run was 25 hours ago and has not succeeded\. No run has ever succeeded\. /,
  );
  const never = missed({
    last_run_at: null,
    last_success_at: null,
    hours_since_last_run: null,
    hours_since_last_success: null,
  });
  assert.match(never.summary, / The job has never run\. /);
  assert.equal(factsOf(never)["Last run"], "never");
});

Deno.test("a recovery says what is resolved and how long it lasted", () => {
  const description = describe(sampleAlert("job_recovered"));
  assert.equal(
    description.summary,
    "The work that was missing is done: a run succeeded. The problem lasted " +
      "3 h 12 min.",
  );
  assert.deepEqual(
    listOf(description, "Resolved").entries
      .map(({ name, text }) => `${name}: ${text}`),
    [
      "Failed runs: since 2026-11-22 07:00:07 UTC, for 3 h 12 min, 4 failures",
      "Missed runs: since 2026-11-22 08:01:00 UTC, for 2 h 11 min",
    ],
  );
});

Deno.test("a recovery lasted from the earliest problem on, in any order", () => {
  const { details, ...alert } = sampleAlert("job_recovered");
  const description = describe({
    ...alert,
    details: { ...details, problems: details.problems.toReversed() },
  });
  assert.match(description.summary, /The problem lasted 3 h 12 min\.$/);
});

Deno.test("a recovery that no run brought is the health check's", () => {
  const description = describe(sampleAlert("job_recovered", {
    run_id: null,
    details: {
      run: null,
      problems: [{
        kind: "job_unhealthy",
        opened_at: "2026-11-22T10:00:09.100+00:00",
        occurrences: 2,
      }],
    },
  }));
  assert.equal(
    description.summary,
    "The health check finds no problem any more. The problem lasted 12 min.",
  );
  assert.deepEqual(factsOf(description), {
    Noticed: "2026-11-22 10:12:09 UTC",
  });
  assert.equal(description.dashboardLabel, "Open the dashboard");
});

Deno.test("bad health is explained by its reasons, each with its page", () => {
  const description = describe(sampleAlert("job_unhealthy"));
  assert.equal(
    description.summary,
    "Several things are wrong. While the job does not run, installments that " +
      "have become overdue are still shown as pending. No job can start.",
  );
  assert.deepEqual(
    listOf(description, "Reasons").entries.map(({ runbookPage }) =>
      runbookPage
    ),
    ["schedule-missing", "setting-missing"],
  );
  assert.equal(
    factsOf(description)["Last run"],
    "2 hours ago, 2026-11-22 07:00:00 UTC",
  );
});

Deno.test("the heartbeat counts, and says what its absence means", () => {
  const description = describe(sampleAlert("heartbeat"));
  assert.equal(
    description.summary,
    "Nothing is broken, and alerts reach you here. There is 1 warning.",
  );
  assert.match(description.toDo, /If the message does not come, look: /);
  assert.deepEqual(factsOf(description), {
    From: "2026-11-16 08:00:00 UTC",
    To: "2026-11-23 08:00:00 UTC",
    "Jobs watched": "2",
    Runs: "9",
    "Failed runs": "1",
  });
  assert.equal(
    listOf(description, "Jobs").entries[0].text,
    "8 runs, 1 failed, last success 2026-11-23 07:00:00 UTC",
  );
});

Deno.test("a heartbeat without warnings says that all jobs are healthy", () => {
  const { summary, parts } = describe(sampleAlert("heartbeat", {
    details: { since: null, jobs: [], warnings: [] },
  }));
  assert.match(summary, /^All jobs are healthy, and alerts reach you here\.$/);
  assert(parts.every(({ kind }) => kind === "facts"));
});

const INSTANT = "2026-11-22 07:08:07 UTC";
const NEXT_TICK = "the scheduled run at 2026-11-23 07:00:00 UTC";

Deno.test("every message says what happens next and what to do, in sentences", () => {
  for (const alert of sampleAlerts) {
    const { summary, next, toDo } = describe(alert);
    for (const text of [summary, next, toDo]) {
      assert.match(text, /^[A-Z0-9].*\.$/, `${alert.kind}: ${text}`);
      assert.doesNotMatch(text, /null|undefined|\* \*/, alert.kind);
    }
  }
});

Deno.test("a failed run says what starts the next one", () => {
  const next = (job: ReturnType<typeof sampleJob> | null) =>
    describe(sampleAlert("run_failed", {
      details: { run: sampleRun(), occurrences: 1, job },
    })).next;

  assert.equal(
    next(sampleJob()),
    "Duewatch tries again by itself within two minutes. You get a message " +
      "when a run succeeds.",
  );
  assert.equal(
    next(sampleJob({ catch_up_at: "2026-11-22T07:08:07.842+00:00" })),
    `Duewatch tries again by itself, not before ${INSTANT}. You get a message ` +
      "when a run succeeds.",
  );
  assert.equal(
    next(sampleJob({ next: "given_up", catch_up_at: null })),
    "Duewatch has tried often enough, and starts no further run. The next " +
      `attempt is ${NEXT_TICK}.`,
  );
  assert.equal(
    next(sampleJob({ next: "schedule" })),
    `The next attempt is ${NEXT_TICK}.`,
  );
  assert.equal(
    next(sampleJob({ next: "schedule", schedule: "30 seconds" })),
    "The next attempt is the next scheduled run.",
  );
  assert.match(next(sampleJob({ next: "paused" })), /^The job is paused\. /);
  assert.match(
    next(sampleJob({ next: "disabled" })),
    /^The job is disabled\. /,
  );
  assert.match(next(null), /^The job is not registered, /);
});

Deno.test("what it means is said in the words of the job, or by what the job does", () => {
  const summary = (job: ReturnType<typeof sampleJob> | null) =>
    describe(sampleAlert("run_failed", {
      details: {
        run: sampleRun({ duration_ms: null }),
        occurrences: 1,
        job,
      },
    })).summary;
  assert.match(
    summary(sampleJob({ impact: "nobody is\npaid." })),
    /^Until a run succeeds, nobody is paid\. The run failed\.$/,
  );
  assert.match(
    summary(sampleJob({ impact: " ", description: "Pays everybody" })),
    /^Until a run succeeds, the work of this job is not done: Pays everybody\. /,
  );
  assert.match(
    summary(null),
    /^Until a run succeeds, the work of this job is not done\. /,
  );
});

Deno.test("a failure that goes on asks for a person", () => {
  const toDo = (occurrences: number, next: "catch_up" | "schedule") =>
    describe(sampleAlert("run_failed", {
      details: { run: sampleRun(), occurrences, job: sampleJob({ next }) },
    })).toDo;
  assert.match(toDo(1, "catch_up"), /wait for the next attempt/);
  assert.match(toDo(2, "catch_up"), /^Fix the cause/);
  assert.match(toDo(1, "schedule"), /^Fix the cause/);
});

Deno.test("bad health for one reason says what this reason means, and leads to its page", () => {
  const { details } = sampleAlert("job_unhealthy");
  const reported = (code: string, job = details.job) =>
    describe(sampleAlert("job_unhealthy", {
      details: { ...details, job, reasons: [{ code, message: "It is so." }] },
    }));

  const stuck = reported("run_stuck");
  assert.equal(stuck.runbookPage, "run-stuck");
  assert.match(stuck.summary, /^While the job does not run, installments /);
  assert.match(stuck.next, /^The supervisor tries every minute/);
  const givenUp = reported(
    "catch_up_given_up",
    sampleJob({ next: "given_up", catch_up_at: null }),
  );
  assert.match(givenUp.next, /starts no further run/);
  const unreadable = reported("setting_unreadable", null);
  assert.equal(unreadable.summary, "No job can start.");
  assert.equal(unreadable.runbookPage, "setting-unreadable");
  const later = reported("of_a_later_version");
  assert.equal(later.toDo, "Follow the page.");
  assert.equal(later.runbookPage, "of-a-later-version");
});

Deno.test("of several reasons each thing is said once", () => {
  const { details } = sampleAlert("job_unhealthy");
  const { next, runbookPage, toDo } = describe(sampleAlert("job_unhealthy", {
    details: {
      ...details,
      reasons: [
        { code: "schedule_missing", message: "a" },
        { code: "command_differs", message: "b" },
      ],
    },
  }));
  assert.equal(
    next,
    "Nothing starts the job at its time. Only a missed run is caught up.",
  );
  assert.equal(runbookPage, "job-unhealthy");
  assert.match(toDo, /^Follow the page of each reason/);
});

Deno.test("a recovery with failed items does not say that nothing is to be done", () => {
  const { details } = sampleAlert("job_recovered");
  const run = sampleRun({ failed_items: 2, error_message: null });
  const { summary, toDo } = describe(sampleAlert("job_recovered", {
    details: { ...details, run },
  }));
  assert.match(summary, /2 items still failed\.$/);
  assert.notEqual(toDo, "Nothing.");
});

Deno.test("a test says who asked, and that nothing is wrong", () => {
  const description = describe(sampleAlert("test"));
  assert.match(description.summary, /Nothing is wrong\.$/);
  assert.equal(description.jobName, null);
  assert.deepEqual(factsOf(description), {
    "Asked by": "mario@example.com",
    Reason: "The webhook was changed",
  });
});
