import { deepEqual, equal } from "node:assert/strict";
import type { HealthReport, JobReport } from "../api/client.ts";
import { problemsOf, summary, verdict } from "./problems.ts";

type Reason = JobReport["reasons"][number];

const NOW = "2026-11-28T12:00:00Z";

const reason = (
  code: string,
  message = `This is ${code}. And more.`,
  severity: Reason["severity"] = "critical",
): Reason => ({ code, severity, message, runbook: "" });

function report(
  { system = [], reasons = [], ...job }:
    & { readonly system?: readonly Reason[] }
    & Partial<JobReport>,
): HealthReport {
  return {
    checkedAt: NOW,
    system: { status: "ok", reasons: system },
    jobs: [{
      jobName: "sync",
      paused: null,
      snoozed: null,
      failingItems: [],
      ...job,
      reasons,
    }],
  } as unknown as HealthReport;
}

Deno.test("a cause stands before what it causes", () => {
  const health = report({
    system: [
      reason("alerts_undelivered"),
      reason("supervisor_silent"),
      reason("setting_missing"),
      reason("scheduler_dead"),
    ],
    reasons: [
      reason("never_ran", "…", "warning"),
      reason("success_rate_low", "…", "warning"),
      reason("schedule_differs", "…", "warning"),
      reason("run_missed"),
      reason("last_run_failed"),
      reason("schedule_missing"),
    ],
  });
  deepEqual(problemsOf(health).map(({ code }) => code), [
    "scheduler_dead",
    "setting_missing",
    "supervisor_silent",
    "schedule_missing",
    "last_run_failed",
    "run_missed",
    "alerts_undelivered",
    "schedule_differs",
    "success_rate_low",
    "never_ran",
  ]);
});

const headings: [name: string, health: HealthReport, heading: string][] = [
  ["nothing", report({}), "All is well."],
  [
    "what is only said",
    report({ reasons: [reason("not_turned_on", "It is off.", "info")] }),
    "All is well.",
  ],
  [
    "what all jobs depend on",
    report({ system: [reason("scheduler_dead")] }),
    "This is scheduler_dead.",
  ],
  [
    "a failure",
    report({
      reasons: [
        reason(
          "last_run_failed",
          "The last run failed 2.1 minutes ago: The function answered 401: it does not accept the key. Vault's jobs_api_key has to be one.",
        ),
      ],
    }),
    "sync fails. The function answered 401: it does not accept the key.",
  ],
  [
    "an item",
    report({
      reasons: [reason("item_failing", "One item failed.", "warning")],
      failingItems: [{ id: "a", name: "Ink" }] as JobReport["failingItems"],
    }),
    "Ink is left out of sync.",
  ],
  [
    "an alert that arrived nowhere, with the error",
    report({
      system: [
        reason(
          "alerts_undelivered",
          "1 alert was given up. The last error: No.",
        ),
      ],
    }),
    "1 alert was given up. The last error: No.",
  ],
];

for (const [name, health, heading] of headings) {
  Deno.test(`the heading names ${name}`, () => equal(verdict(health), heading));
}

const pausedAt = (requestedAt: string, until: string | null = null) => ({
  paused: { reason: "Why not?", requestedBy: "ada", requestedAt, until },
});

Deno.test("a pause without an end is a problem after seven days", () => {
  const codes = (job: Partial<JobReport>) =>
    problemsOf(report(job)).map(({ code }) => code);
  deepEqual(codes(pausedAt("2026-11-21T12:00:00Z")), []);
  deepEqual(codes(pausedAt("2026-11-21T11:59:59Z")), ["paused"]);
  deepEqual(
    codes(pausedAt("2026-10-01T00:00:00Z", "2026-12-01T00:00:00Z")),
    [],
  );
  const never = reason("not_turned_on", "It is off.", "info");
  deepEqual(
    codes({ ...pausedAt("2026-10-01T00:00:00Z"), reasons: [never] }),
    [],
  );
});

Deno.test("the line below counts, and names what is silent on purpose", () => {
  equal(
    summary(report({
      reasons: [reason("a"), reason("b", "b", "warning")],
      ...pausedAt(NOW),
    })),
    "One serious problem and one warning. sync is paused.",
  );
  equal(summary(report({})), "");
});
