import assert from "node:assert/strict";
import { alert, alertKind } from "./alert.ts";
import { claimedDeliveries } from "./outbox.ts";
import { sampleAlert, sampleAlerts } from "./testing/samples.ts";

const LEASE = "1ea5e000-0000-4000-8000-000000000001";

/** As the database answers: JSON, with the lease beside the alert. */
function asClaimed(one: unknown): unknown {
  return JSON.parse(JSON.stringify({
    ...one as object,
    channel: "slack",
    lease: LEASE,
    leased_until: "2026-11-22T07:00:38+00:00",
    attempt: 2,
  }));
}

Deno.test("every kind has a sample, and each is read as it is", () => {
  assert.deepEqual(
    new Set(sampleAlerts.map(({ kind }) => kind)),
    new Set(alertKind.options),
  );
  for (const sample of sampleAlerts) {
    const [delivery] = claimedDeliveries.parse([asClaimed(sample)]);
    const { channel, lease, leased_until: _, attempt, ...read } = delivery;
    assert.deepEqual(read, sample);
    assert.deepEqual({ channel, lease, attempt }, {
      channel: "slack",
      lease: LEASE,
      attempt: 2,
    });
  }
});

Deno.test("a fact of another type is unknown, and the alert is sent", () => {
  const sample = sampleAlert("run_failed");
  const read = alert.parse({
    ...sample,
    details: {
      run: {
        ...sample.details.run,
        duration_ms: "long",
        errors: "many",
        trigger_source: 7,
        started_at: undefined,
        later: "a fact of a later version",
      },
    },
  });
  assert(read.kind === "run_failed");
  assert.equal(read.details.occurrences, null);
  const { run } = read.details;
  assert.equal(run?.duration_ms, null);
  assert.equal(run?.trigger_source, null);
  assert.equal(run?.started_at, null);
  assert.deepEqual(run?.errors, []);
  assert.equal(run?.records_updated, sample.details.run?.records_updated);
});

Deno.test("a run that is not there is unknown", () => {
  for (const details of [{}, { run: null }, { run: "gone" }]) {
    const read = alert.parse({ ...sampleAlert("run_degraded"), details });
    assert(read.kind === "run_degraded");
    assert.equal(read.details.run, null);
  }
});

Deno.test("without its identity, or of an unknown kind, it is no alert", () => {
  const sample = sampleAlert("run_failed");
  for (
    const changes of [
      { kind: "run_paused" },
      { alert_id: "7" },
      { run_id: "7" },
      { reminder: null },
      { job_name: null },
    ]
  ) {
    assert.equal(alert.safeParse({ ...sample, ...changes }).success, false);
  }
});
