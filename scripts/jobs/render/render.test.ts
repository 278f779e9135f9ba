import { doesNotMatch, equal, match, ok } from "node:assert/strict";
import { stripVTControlCharacters } from "node:util";
import picocolors from "picocolors";
import type { Incident } from "../api/answers.ts";
import {
  idBeginning,
  NOW,
  sampleChannel,
  sampleHealth,
  sampleJob,
  sampleLastRun,
  sampleReason,
  sampleRun,
} from "../testing/samples.ts";
import { formatChannels } from "./channels.ts";
import { formatHealth } from "./health.ts";
import { formatIncidents } from "./incidents.ts";
import { formatRun } from "./run.ts";
import { formatRuns } from "./runs.ts";
import type { View } from "./view.ts";

const view = (width: number): View => ({
  now: NOW,
  width,
  colours: picocolors.createColors(false),
});
const NARROW = view(80);
const WIDE = view(Infinity);

function assertLines(actual: string, expected: readonly string[]): void {
  equal(actual, expected.join("\n"));
}

const troubled = sampleHealth({
  status: "critical",
  jobs: [
    sampleJob({
      status: "critical",
      reasons: [sampleReason({
        message: "The last run failed 9.3 hours ago: deadlock detected while " +
          "updating tuple (3,4)\nin relation installments.",
      })],
      lastRun: sampleLastRun({ status: "failed" }),
      lastSuccess: sampleLastRun({ startedAt: "2026-11-21T07:00:00Z" }),
      successRate30d: 96.67,
    }),
    sampleJob({ jobName: "sync-students", enabled: false }),
    sampleJob({
      jobName: "x",
      lastRun: null,
      lastSuccess: null,
      successRate30d: null,
    }),
  ],
  system: {
    status: "warning",
    reasons: [sampleReason({
      severity: "warning",
      code: "no_alert_channel",
      message: "No alert channel is set up.",
      runbook: "docs/runbooks/no-alert-channel.md",
    })],
  },
});

Deno.test("the report fits 80 columns: ages, reasons, channels", () => {
  assertLines(formatHealth(troubled, "https://abc.supabase.co", NARROW), [
    "critical  https://abc.supabase.co, checked 2026-11-22 16:20:00 UTC",
    "",
    "job                          status    last run        succeeded  next run",
    "───────────────────────────  ────────  ──────────────  ─────────  ────────",
    "update-installment-statuses  critical  failed 9 h ago  33 h ago   in 14 h",
    "sync-students                ok        9 h ago         9 h ago    disabled",
    "x                            ok        never           never      in 14 h",
    "",
    "All jobs",
    "warning   No alert channel is set up.",
    "          docs/runbooks/no-alert-channel.md",
    "",
    "update-installment-statuses",
    "critical  The last run failed 9.3 hours ago: deadlock detected while updating",
    "          tuple (3,4) in relation installments.",
    "          docs/runbooks/last-run-failed.md",
    "",
    "channel  state  waiting  oldest  given up  last sent  remark",
    "───────  ─────  ───────  ──────  ────────  ─────────  ──────",
    "slack    on           0                 0  2 d ago",
  ]);
});

Deno.test("an item that keeps failing is shown with its error, and the last run says how many failed", () => {
  const health = sampleHealth({
    jobs: [sampleJob({
      status: "warning",
      lastRun: sampleLastRun({ failedItems: 1 }),
      reasons: [sampleReason({
        severity: "warning",
        code: "item_failing",
        message: "One item failed in its last 2 runs.",
        runbook: "docs/runbooks/item-failing.md",
      })],
      failingItems: [{
        id: "7",
        name: "Kiwi\u001b[31m Pathways",
        error: "the CRM refuses the student",
        failures: 2,
        failingSince: "2026-11-21T07:00:00+00:00",
      }],
    })],
  });
  const shown = formatHealth(health, "here", NARROW);
  match(shown, / 9 h ago, 1 item failed /);
  match(
    shown,
    /^warning {3}One item failed .*\n.*\nitem {6}Kiwi.{0,2}\[31m Pathways \(7\): the CRM refuses the student$/m,
  );
  equal(shown.includes("\u001b"), false);
});

Deno.test("where there is room the report has schedules, rates and instants", () => {
  const [, , ...lines] = formatHealth(troubled, "", WIDE).split("\n");
  assertLines(lines.slice(0, 5).map((line) => line.slice(76)).join("\n"), [
    "schedule   30 days  last run (UTC)    last success (UTC)  next run (UTC)",
    "─────────  ───────  ────────────────  ──────────────────  ────────────────",
    "0 7 * * *  96.67 %  2026-11-22 07:00  2026-11-21 07:00    2026-11-23 07:00",
    "0 7 * * *    100 %  2026-11-22 07:00  2026-11-22 07:00",
    "0 7 * * *                                                 2026-11-23 07:00",
  ]);
});

Deno.test("a healthy project has neither reasons nor blank lines for them", () => {
  assertLines(formatHealth(sampleHealth(), "here", NARROW), [
    "ok  here, checked 2026-11-22 16:20:00 UTC",
    "",
    "job                          status  last run  succeeded  next run  schedule",
    "───────────────────────────  ──────  ────────  ─────────  ────────  ─────────",
    "update-installment-statuses  ok      9 h ago   9 h ago    in 14 h   0 7 * * *",
    "",
    "channel  state  waiting  oldest  given up  last sent  remark",
    "───────  ─────  ───────  ──────  ────────  ─────────  ──────",
    "slack    on           0                 0  2 d ago",
  ]);
});

Deno.test("a project without jobs and channels says so", () => {
  assertLines(
    formatHealth(sampleHealth({ jobs: [], channels: [] }), "here", NARROW),
    [
      "ok  here, checked 2026-11-22 16:20:00 UTC",
      "",
      "No job is registered.",
      "",
      "No alert channel is set up. Failures will not reach anyone.",
    ],
  );
});

Deno.test("a channel shows what waits for it, and why", () => {
  const channels = [
    sampleChannel({
      pending: 3,
      oldestPendingAt: "2026-11-22T16:00:00Z",
      pausedUntil: "2026-11-22T16:25:00Z",
      givenUp24h: 1200,
      lastError: "429 ratelimited, please wait for a long while",
    }),
    sampleChannel({
      name: "email",
      configured: false,
      reason: "RESEND_API_KEY is not set.",
      lastSentAt: null,
    }),
    sampleChannel({ name: "x", pausedUntil: "2026-11-22T16:20:00Z" }),
  ];
  assertLines(formatChannels(channels, NARROW), [
    "channel  state   waiting  oldest      given up  last sent  remark",
    "───────  ──────  ───────  ──────────  ────────  ─────────  ─────────────────────",
    "slack    paused        3  20 min ago     1,200  2 d ago    429 ratelimited, ple…",
    "email    off           0                     0             RESEND_API_KEY is no…",
    "x        on            0                     0  2 d ago",
  ]);
});

const history = [
  sampleRun({
    id: idBeginning("11111111"),
    status: "running",
    startedAt: "2026-11-22T16:16:41Z",
    completedAt: null,
    durationMs: null,
    recordsUpdated: 0,
    triggerSource: "manual",
  }),
  sampleRun(),
  sampleRun({
    id: idBeginning("22222222"),
    status: "failed",
    startedAt: "2026-11-21T07:00:00Z",
    recordsUpdated: 12345,
    errorMessage: "deadlock detected\nin relation installments, again",
    triggerSource: null,
  }),
];

Deno.test("runs of one job stand under its name, and errors are cut to fit", () => {
  assertLines(formatRuns(history, NARROW), [
    "update-installment-statuses",
    "run       started (UTC)     status         took    rows  error",
    "────────  ────────────────  ───────  ──────────  ──────  ───────────────────────",
    "11111111  2026-11-22 16:16  running  3 min 20 s       0",
    "cb57e051  2026-11-22 07:00  success      107 ms      93",
    "22222222  2026-11-21 07:00  failed       107 ms  12,345  deadlock detected in r…",
  ]);
});

Deno.test("runs of several jobs have their names, and all columns in a file", () => {
  const runs = [history[1], { ...history[2], jobName: "sync" }];
  assertLines(formatRuns(runs, WIDE), [
    "run       started (UTC)     job                          status     took    rows  age       trigger  error",
    "────────  ────────────────  ───────────────────────────  ───────  ──────  ──────  ────────  ───────  ─────────────────────────────────────────────────",
    "cb57e051  2026-11-22 07:00  update-installment-statuses  success  107 ms      93  9 h ago   cron",
    "22222222  2026-11-21 07:00  sync                         failed   107 ms  12,345  33 h ago           deadlock detected in relation installments, again",
  ]);
});

Deno.test("runs of several jobs fit 80 columns", () => {
  const runs = [history[1], { ...history[2], jobName: "sync" }];
  assertLines(formatRuns(runs, NARROW), [
    "run       started (UTC)     job                          status     took    rows",
    "────────  ────────────────  ───────────────────────────  ───────  ──────  ──────",
    "cb57e051  2026-11-22 07:00  update-installment-statuses  success  107 ms      93",
    "22222222  2026-11-21 07:00  sync                         failed   107 ms  12,345",
  ]);
});

Deno.test("a run is shown with its failed items, agencies and metadata", () => {
  const run = sampleRun({
    itemsFailed: 5,
    status: "failed",
    errorMessage: "one\ntwo",
    errors: [
      {
        id: idBeginning("33333333"),
        name: "Rive Gauche",
        error: "P0001: no agreement with the\nbank of this agency",
      },
      { id: 7, name: null, error: "none" },
      { error: "alone" },
      { code: 12 },
      "gone",
    ],
    metadata: {
      attempts: 1,
      agencies: [{
        agency_id: idBeginning("44444444"),
        updated_count: 1203,
        transitions: { pending_to_overdue: 1203 },
      }],
    },
  });
  assertLines(formatRun(run, NARROW), [
    "run              cb57e051-0000-4000-8000-000000000000",
    "job              update-installment-statuses",
    "trigger          cron",
    "status           failed",
    "started          2026-11-22 07:00:01 UTC (9 h ago)",
    "duration         107 ms",
    "records updated  93",
    "items            22 of 22 processed, 5 failed",
    "error            one",
    "                 two",
    "",
    "Failed items",
    "Rive Gauche (33333333-0000-4000-8000-000000000000): P0001: no agreement with the",
    "  bank of this agency",
    "(7): none",
    "alone",
    '{"code":12}',
    '"gone"',
    "",
    "Agencies",
    "agency                                updated  transitions",
    "────────────────────────────────────  ───────  ────────────────────────",
    "44444444-0000-4000-8000-000000000000    1,203  pending_to_overdue 1,203",
    "",
    "Metadata",
    "{",
    '  "attempts": 1',
    "}",
  ]);
});

Deno.test("metadata of another form is shown unchanged, and empty metadata is left out", () => {
  const ends = (metadata: unknown) =>
    formatRun(sampleRun({ metadata }), NARROW).split("Metadata\n")[1];
  equal(ends({ agencies: 3 }), '{\n  "agencies": 3\n}');
  equal(ends(["a"]), '[\n  "a"\n]');
  for (const nothing of [null, {}, []]) equal(ends(nothing), undefined);
});

Deno.test("incidents show when they opened and how often they occurred", () => {
  const incident = {
    jobName: "update-installment-statuses",
    kind: "run_failed",
    openedAt: "2026-11-20T07:00:05Z",
    lastSeenAt: "2026-11-22T07:00:05Z",
    lastAlertedAt: "2026-11-22T07:00:05Z",
    occurrences: 1200,
    reminders: 2,
    lastAlert: {
      status: "delivered" as const,
      since: "2026-11-22T07:00:06Z",
      channels: ["email", "slack"],
      error: null,
    },
  };
  assertLines(formatIncidents([incident], NARROW), [
    "job                          incident    opened   last alert            seen",
    "───────────────────────────  ──────────  ───────  ─────────────────  ───────",
    "update-installment-statuses  run_failed  2 d ago  delivered 9 h ago  1,200 ×",
  ]);
  equal(formatIncidents([], NARROW), "No incident is open.");
});

Deno.test("of an incident's alert one sees whether it was only raised, or delivered", () => {
  const shownAs = (lastAlert: Incident["lastAlert"]) =>
    formatIncidents([{
      jobName: "a-job",
      kind: "run_failed",
      openedAt: "2026-11-22T07:00:05Z",
      lastSeenAt: "2026-11-22T07:00:05Z",
      lastAlertedAt: "2026-11-22T07:00:05Z",
      occurrences: 1,
      reminders: 0,
      lastAlert,
    }], WIDE);
  const outcome = {
    since: "2026-11-22T07:00:06Z",
    channels: ["slack"],
    error: null,
  };
  match(
    shownAs({ ...outcome, status: "delivered" }),
    /delivered 9 h ago +1 × +slack/,
  );
  match(
    shownAs({ ...outcome, status: "waiting" }),
    /waiting, 9 h ago +1 × +slack/,
  );
  match(
    shownAs({ ...outcome, status: "given_up", error: "no_service" }),
    /given up 9 h ago +1 × +slack +no_service/,
  );
  match(
    shownAs({ ...outcome, status: "no_channel", channels: [] }),
    /no channel/,
  );
  match(shownAs(null), /raised 9 h ago/);
});

Deno.test("nothing that a job logs controls the terminal", () => {
  const evil = "\x1b[2J\x9b31m\u202eno\x07";
  const run = sampleRun({
    jobName: evil,
    status: "failed",
    errorMessage: evil,
    errors: [{ id: evil, name: evil, error: evil }, { [evil]: evil }],
    startedAt: evil,
    triggerSource: evil,
    metadata: {
      [evil]: evil,
      agencies: [{
        agency_id: evil,
        updated_count: 1,
        transitions: { [evil]: 1 },
      }],
    },
  });
  const reason = sampleReason({ message: evil, runbook: evil });
  const health = sampleHealth({
    version: evil,
    checkedAt: evil,
    jobs: [sampleJob({ jobName: evil, reasons: [reason], schedule: evil })],
    channels: [sampleChannel({ name: evil, lastError: evil })],
  });
  const incident = {
    jobName: evil,
    kind: evil,
    openedAt: evil,
    lastSeenAt: "2026-11-22T07:00:05Z",
    lastAlertedAt: evil,
    occurrences: 1,
    reminders: 0,
    lastAlert: {
      status: "given_up" as const,
      since: evil,
      channels: [evil],
      error: evil,
    },
  };
  for (
    const shown of [
      formatRun(run, WIDE),
      formatRuns([run, sampleRun()], WIDE),
      formatHealth(health, "here", WIDE),
      formatIncidents([incident], WIDE),
    ]
  ) {
    match(shown, /no/);
    // deno-lint-ignore no-control-regex -- those are what it must not hold
    doesNotMatch(shown, /[\x00-\x09\x0b-\x1f\x7f-\x9f\u202e]/);
  }
});

Deno.test("colours say how bad it is, and change nothing else", () => {
  const colours = picocolors.createColors(true);
  const shown = formatHealth(troubled, "here", { ...NARROW, colours });
  for (
    const painted of [
      colours.red("critical"),
      colours.yellow("warning"),
      colours.green("ok"),
    ]
  ) {
    ok(shown.includes(painted), painted);
  }
  equal(
    stripVTControlCharacters(shown),
    formatHealth(troubled, "here", NARROW),
  );
});

Deno.test("a job that is paused or snoozed says why, by whom and until when", () => {
  const inForce = {
    reason: "Ada works on it.",
    requestedBy: "ada@school.example",
    requestedAt: "2026-11-22T07:00:00+00:00",
    until: null,
  };
  const report = formatHealth(
    sampleHealth({
      jobs: [
        sampleJob({
          paused: inForce,
          snoozed: { ...inForce, until: "2026-11-23T07:00:00+00:00" },
        }),
      ],
    }),
    "https://project.example",
    WIDE,
  );
  match(report, /^update-installment-statuses .* paused /m);
  match(
    report,
    /^paused {4}until it is resumed, by ada@school.example: Ada works on it\.\nsnoozed {3}until 2026-11-23 07:00:00 UTC, by ada/m,
  );
});
