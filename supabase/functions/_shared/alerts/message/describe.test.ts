import assert from "node:assert/strict";
import type { AlertOf } from "../alert.ts";
import {
  RUN_ID,
  sampleAlert,
  sampleAlerts,
  sampleRun,
} from "../testing/samples.ts";
import { describe } from "./describe.ts";
import type { Description, List } from "./description.ts";

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
  assert.equal(description.summary, "The run failed after 7.4 s.");
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
  assert.equal(description.summary, "The run failed.");
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
    "The run succeeded, but 3 of 12 items (25 %) failed.",
  );
  assert.equal(error, null);
});

Deno.test("an item that keeps failing is named first, with its error, how often and since when", () => {
  const description = describe(sampleAlert("item_failing"));
  assert.equal(
    description.summary,
    "Kiwi Pathways was left out: it failed in 2 runs in a row. Each run tries " +
      "it again, but the cause needs a person.",
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
  assert.match(description.summary, /^12 items were left out: each failed in /);
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

  assert.equal(summaryOf({}), "The run succeeded in 43 ms.");
  assert.equal(
    summaryOf({ failed_items: 1 }),
    "The run succeeded in 43 ms, but 1 item failed.",
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
    "The last run was 26.3 hours ago. A success is expected at least every " +
      "25 hours.",
  );
  assert.deepEqual(factsOf(description), {
    "Last run": "2026-11-22 07:00:00 UTC (26.3 hours ago)",
    "Last success": "2026-11-22 07:00:00 UTC (26.3 hours ago)",
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
    /^The last run was 1 hour ago and has not succeeded\. The last success was 25 hours ago\. /,
  );
  assert.match(
    missed({ last_success_at: null, hours_since_last_success: null }).summary,
    /^The last run was 25 hours ago and has not succeeded\. No run has ever succeeded\. /,
  );
  const never = missed({
    last_run_at: null,
    last_success_at: null,
    hours_since_last_run: null,
    hours_since_last_success: null,
  });
  assert.match(never.summary, /^The job has never run\. /);
  assert.equal(factsOf(never)["Last run"], "never");
});

Deno.test("a recovery says what is resolved and how long it lasted", () => {
  const description = describe(sampleAlert("job_recovered"));
  assert.equal(
    description.summary,
    "A run succeeded. The problem is resolved. It lasted 3 h 12 min.",
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
  assert.match(description.summary, /It lasted 3 h 12 min\.$/);
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
    "The health check finds no problem any more. The problem is resolved. It " +
      "lasted 12 min.",
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
    "The health check found 2 things that need a person.",
  );
  assert.deepEqual(
    listOf(description, "Reasons").entries.map(({ runbookPage }) =>
      runbookPage
    ),
    ["schedule-missing", "setting-missing"],
  );
  assert.equal(
    factsOf(description)["Last run"],
    "2026-11-22 07:00:00 UTC (2 hours ago)",
  );
});

Deno.test("the heartbeat counts, and says what its absence means", () => {
  const description = describe(sampleAlert("heartbeat"));
  assert.equal(
    description.summary,
    "Nothing is broken, but there is 1 warning. This message comes every " +
      "week. If it does not come, something is wrong.",
  );
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
  assert.match(summary, /^All jobs are healthy\. /);
  assert(parts.every(({ kind }) => kind === "facts"));
});
