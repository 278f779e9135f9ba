import assert from "node:assert/strict";
import type { Alert } from "../alert.ts";
import { sampleAlert, sampleAlerts } from "../testing/samples.ts";
import { formatInstant } from "../../format.ts";
import { describe as describeOn } from "./describe.ts";
import { headline, subject } from "./headline.ts";

const JOB = "update-installment-statuses";

const describe = (alert: Alert) => describeOn(alert, formatInstant);

Deno.test("each kind has its subject", () => {
  assert.deepEqual(
    Object.fromEntries(
      sampleAlerts.map((alert) => [alert.kind, subject(describe(alert))]),
    ),
    {
      run_failed: `ALERT: Job Failed - ${JOB}`,
      run_degraded: `ALERT: Job Degraded - ${JOB}`,
      item_failing: `ALERT: Item Failing - ${JOB}`,
      run_missed: `ALERT: Job Missed - ${JOB}`,
      job_unhealthy: `ALERT: Job Unhealthy - ${JOB}`,
      run_succeeded: `OK: Job Succeeded - ${JOB}`,
      job_recovered: `OK: Job Recovered - ${JOB}`,
      heartbeat: "OK: Duewatch is watching",
      test: "OK: Test of the alerts",
    },
  );
});

Deno.test("a repetition says that it is one, and on which day", () => {
  const subjectOf = (
    kind: "run_failed" | "run_degraded" | "run_missed" | "job_unhealthy",
    reminder: number,
  ) => subject(describe(sampleAlert(kind, { reminder })));

  assert.equal(
    subjectOf("run_failed", 1),
    `ALERT: Job Failed - ${JOB} (still failing, day 2)`,
  );
  assert.equal(
    subjectOf("run_degraded", 2),
    `ALERT: Job Degraded - ${JOB} (still degraded, day 3)`,
  );
  assert.equal(
    subjectOf("run_missed", 1),
    `ALERT: Job Missed - ${JOB} (still no success, day 2)`,
  );
  assert.equal(
    subjectOf("job_unhealthy", 9),
    `ALERT: Job Unhealthy - ${JOB} (still unhealthy, day 10)`,
  );
});

Deno.test("of a long subject the job's name is cut, and the rest stays", () => {
  const long = subject(describe(
    sampleAlert("run_failed", { job_name: "j".repeat(500), reminder: 1 }),
  ));
  assert.equal(long.length, 150);
  assert.match(long, /^ALERT: Job Failed - j+… \(still failing, day 2\)$/);
});

Deno.test("a job without a name is shown all the same", () => {
  for (const job_name of ["", " \u0000\n"]) {
    assert.equal(
      subject(describe(sampleAlert("run_failed", { job_name }))),
      "ALERT: Job Failed - (no name)",
    );
  }
});

Deno.test("the limit is kept, encoded", () => {
  const text = headline(
    { title: "Job Failed", jobName: "&".repeat(100), reminder: "day 2" },
    {
      separator: ": ",
      limit: 50,
      encode: (character) => character === "&" ? "&amp;" : character,
    },
  );
  assert.equal(text, "Job Failed: &amp;&amp;&amp;&amp;&amp;… (day 2)");
});
