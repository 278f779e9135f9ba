import assert from "node:assert/strict";
import { createLogger } from "../logger.ts";
import type { CallRpc, RpcAnswer } from "../rpc/client.ts";
import { RpcError } from "../rpc/failure.ts";
import { databaseError, networkError } from "../testing/fake-runs.ts";
import type { SendResult } from "../service/send-result.ts";
import { onFakeTime } from "../testing/fake-time.ts";
import { createRpcOutbox } from "./rpc-outbox.ts";
import { sampleDelivery } from "./testing/samples.ts";

const delivery = sampleDelivery({ channel: "email" });

const ok = (data: unknown): RpcAnswer => ({ status: 200, data, error: null });

/** A database that gives these answers in turn, the last one for ever. */
function setUp(...answers: RpcAnswer[]) {
  const calls: { name: string; args: unknown; at: number }[] = [];
  const lines: string[] = [];
  const begin = Date.now();
  const callRpc: CallRpc = (name, args) => {
    calls.push({ name, args, at: Date.now() - begin });
    const answer = answers.length > 1 ? answers.shift() : answers[0];
    return Promise.resolve(answer ?? ok(null));
  };
  const outbox = createRpcOutbox(
    callRpc,
    createLogger((_, line) => lines.push(line)),
  );
  return { outbox, calls, lines };
}

Deno.test("a claim names the channels with what they carry and where they send, and the lease", () =>
  onFakeTime(async () => {
    const { outbox, calls } = setUp(ok([delivery]));
    const channels = [
      { name: "email", kinds: ["run_failed", "heartbeat"] },
      { name: "slack", kinds: ["run_failed"], fingerprint: "f675ad05" },
    ] as const;
    const claimed = await outbox.claim(channels, 5);

    assert.deepEqual(claimed, [delivery]);
    assert.deepEqual(calls, [{
      name: "claim_job_alerts",
      args: {
        channels: [...channels],
        max_count: 5,
        lease_seconds: 30,
      },
      at: 0,
    }]);
  }));

Deno.test("a claim that fails is not repeated", () =>
  onFakeTime(async () => {
    for (const answer of [networkError, databaseError("42501", "denied")]) {
      const { outbox, calls } = setUp(answer);
      await assert.rejects(outbox.claim([], 5), RpcError);
      assert.equal(calls.length, 1);
    }
  }));

Deno.test("an answer that is no list of deliveries is an error", () =>
  onFakeTime(async () => {
    const { outbox } = setUp(ok([{ ...delivery, kind: "run_paused" }]));
    await assert.rejects(outbox.claim([], 5), /not as agreed: 0\.kind/);
  }));

const { alert_id, channel, lease } = delivery;
const written: { result: SendResult; args: Record<string, unknown> }[] = [
  {
    result: { kind: "sent", reference: "mail-1" },
    args: { outcome: "sent" },
  },
  {
    result: { kind: "transient", reason: "no answer" },
    args: { outcome: "retry", error: "no answer", pause_channel: false },
  },
  {
    result: {
      kind: "transient",
      reason: "too many",
      retryAfterSeconds: 0,
      concernsAll: true,
    },
    args: {
      outcome: "retry",
      error: "too many",
      retry_after_seconds: 0,
      pause_channel: true,
    },
  },
  {
    result: { kind: "permanent", reason: "no_service" },
    args: { outcome: "given_up", error: "no_service" },
  },
];

for (const { result, args } of written) {
  Deno.test(`${JSON.stringify(result)} is recorded as ${args.outcome}`, () =>
    onFakeTime(async () => {
      const answer = { status: "sent", next_attempt_at: null };
      const { outbox, calls } = setUp(ok(answer));
      assert.deepEqual(await outbox.complete(delivery, result), answer);
      assert.deepEqual(calls, [{
        name: "complete_job_alert",
        args: { alert_id, channel, lease, ...args },
        at: 0,
      }]);
    }));
}

Deno.test("an end that could not be recorded is recorded again", () =>
  onFakeTime(async () => {
    const { outbox, calls, lines } = setUp(
      networkError,
      databaseError("57P03", "the database system is starting up"),
      ok({ status: "sent", next_attempt_at: null }),
    );
    const { status } = await outbox.complete(delivery, { kind: "sent" });

    assert.equal(status, "sent");
    assert.deepEqual(calls.map(({ at }) => at), [0, 1000, 3000]);
    assert.deepEqual(
      lines.map((line) => JSON.parse(line)).map((
        { event, alertId, attempt, retryInMs },
      ) => ({ event, alertId, attempt, retryInMs })),
      [
        {
          event: "completion_failed",
          alertId: alert_id,
          attempt: 1,
          retryInMs: 1000,
        },
        {
          event: "completion_failed",
          alertId: alert_id,
          attempt: 2,
          retryInMs: 2000,
        },
      ],
    );
  }));

Deno.test("an end that the database refuses is reported once", () =>
  onFakeTime(async () => {
    const { outbox, calls } = setUp(databaseError("PT404", "no delivery", 404));
    await assert.rejects(
      outbox.complete(delivery, { kind: "sent" }),
      /no delivery/,
    );
    assert.equal(calls.length, 1);
  }));
