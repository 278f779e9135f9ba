import assert from "node:assert/strict";
import { createLogger } from "../logger.ts";
import type { CallRpc } from "../rpc/client.ts";
import { onFakeTime } from "../testing/fake-time.ts";
import type { Channel } from "./channel.ts";
import { deliverAlerts } from "./testing/deliver-alerts.ts";
import { createRpcOutbox } from "./rpc-outbox.ts";
import { sampleDelivery } from "./testing/samples.ts";

// A process that has lost its lease must not be sending any more.
const LEFT_TO_RECORD_MS = 5_000;

/** A service that never answers, and a channel that does not heed its signal. */
const hanging: Channel = {
  name: "slack",
  kinds: ["run_failed"],
  send: () => new Promise<never>(() => {}),
};

interface Attempt {
  /** How long the lease is that the database was asked for, from the claim. */
  readonly leaseMs: number;
  /** When the end of the send was reported, from the claim; null: never sent. */
  readonly reportedAfterMs: number | null;
}

/** Claims an alert from a database that takes its time, and sends it. */
async function attempt(claimTakesMs: number): Promise<Attempt> {
  const begin = Date.now();
  const waiting = [sampleDelivery({ channel: "slack" })];
  let leaseSeconds = NaN;
  let reportedAfterMs: number | null = null;

  const callRpc: CallRpc = async (name, args, signal) => {
    if (name === "complete_job_alert") {
      reportedAfterMs = Date.now() - begin;
      return ok({ status: "given_up", next_attempt_at: null });
    }
    const claimed = waiting.splice(0);
    if (claimed.length > 0) {
      ({ lease_seconds: leaseSeconds } = args as { lease_seconds: number });
      await takes(claimTakesMs, signal);
    }
    return signal.aborted ? timedOut : ok(claimed);
  };
  const log = createLogger(() => {});
  await deliverAlerts({
    outbox: createRpcOutbox(callRpc, log),
    channels: [hanging],
    log,
    signal: new AbortController().signal,
    monotonicNow: () => Date.now(),
  });
  return { leaseMs: leaseSeconds * 1000, reportedAfterMs };
}

/** Resolves after so long, or when the caller gives up. */
async function takes(milliseconds: number, signal: AbortSignal): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  const timer = setTimeout(resolve, milliseconds);
  signal.addEventListener("abort", () => resolve());
  await promise;
  clearTimeout(timer);
}

const ok = (data: unknown) => ({ status: 200, data, error: null });
const timedOut = {
  status: 0,
  data: null,
  error: { message: "TimeoutError: the time limit was reached" },
};

Deno.test("a send that hangs is reported while its lease still runs, however slow the claim was", () =>
  onFakeTime(async () => {
    for (const claimTakesMs of [0, 5_000, 10_000, 14_999, 15_001, 20_000]) {
      const { leaseMs, reportedAfterMs } = await attempt(claimTakesMs);
      assert(leaseMs > 0);
      if (reportedAfterMs === null) continue;
      assert(
        reportedAfterMs <= leaseMs - LEFT_TO_RECORD_MS,
        `after a claim of ${claimTakesMs} ms it was reported after ` +
          `${reportedAfterMs} ms of ${leaseMs}`,
      );
    }
  }));

Deno.test("a claim that is answered within its time limit leaves enough of the lease to send in", () =>
  onFakeTime(async () => {
    // The claim's own limit is 15 seconds.
    for (const claimTakesMs of [0, 5_000, 10_000, 14_999]) {
      const { reportedAfterMs } = await attempt(claimTakesMs);
      assert.notEqual(reportedAfterMs, null, `claim of ${claimTakesMs} ms`);
    }
  }));
