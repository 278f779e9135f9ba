import { deepEqual, equal, rejects } from "node:assert/strict";
import postgres from "postgres";
import { onFakeTime } from "../../supabase/functions/_shared/testing/fake-time.ts";
import { sampleDelivery } from "../../supabase/functions/_shared/alerts/testing/samples.ts";
import { createSqlOutbox } from "./sql_outbox.ts";

const CHANNEL = { name: "slack", kinds: ["run_missed"] } as const;

const DELIVERY = sampleDelivery();

/** An outbox on a database that gives these answers, one after the other. */
function outboxOn(answers: readonly (() => unknown)[]) {
  const left = [...answers];
  const asked: { name?: string; values: readonly unknown[] }[] = [];
  const events: string[] = [];
  const outbox = createSqlOutbox((statement, values = []) => {
    const name = /public\.(\w+)/.exec(statement)?.[1];
    asked.push({ name, values });
    const answer = left.shift();
    if (answer === undefined) throw new Error("one question too many");
    return Promise.try(answer);
  }, {
    onClaimed: (channels) => events.push(`claimed for ${channels}`),
    onClaimFailed: (error) => events.push(`claim failed: ${error}`),
    onCompletionFailed: ({ attempt, error }) =>
      events.push(`attempt ${attempt}: ${error}`),
  });
  return { outbox, asked, events };
}

function fail(error: Error): () => never {
  return () => {
    throw error;
  };
}

function databaseError(code: string, message: string): Error {
  return Reflect.construct(postgres.PostgresError, [{ code, message }]);
}

Deno.test("a claim announces the channels and gives what is due", async () => {
  const { outbox, asked, events } = outboxOn([() => [DELIVERY]]);
  deepEqual(await outbox.claim([CHANNEL], 5), [DELIVERY]);
  deepEqual(asked, [{
    name: "claim_job_alerts",
    values: [[{ name: "slack", kinds: ["run_missed"] }], 5, 30],
  }]);
  deepEqual(events, ["claimed for slack"]);
});

Deno.test("a claim that fails is reported and not repeated", async () => {
  const { outbox, asked, events } = outboxOn([
    fail(new Error("Connection terminated unexpectedly")),
  ]);
  await rejects(outbox.claim([CHANNEL], 5), /terminated/);
  equal(asked.length, 1);
  deepEqual(events, [
    "claim failed: Error: Connection terminated unexpectedly",
  ]);
});

Deno.test("an answer that is not as agreed is a failed claim", async () => {
  const { outbox, events } = outboxOn([() => [{ channel: "slack" }]]);
  await rejects(outbox.claim([CHANNEL], 5), /not as agreed/);
  equal(events.length, 1);
});

Deno.test("the service's answer goes into the completion", async () => {
  const sent = { status: "sent", next_attempt_at: null, due_in_ms: null };
  const { outbox, asked } = outboxOn([() => sent, () => sent, () => sent]);
  const ids = [DELIVERY.alert_id, DELIVERY.channel, DELIVERY.lease];

  await outbox.complete(DELIVERY, { kind: "sent" });
  await outbox.complete(DELIVERY, {
    kind: "transient",
    reason: "Slack answered 429.",
    retryAfterSeconds: 7,
    concernsAll: true,
  });
  await outbox.complete(DELIVERY, { kind: "permanent", reason: "no_service" });

  deepEqual(asked.map(({ values }) => values), [
    [...ids, "sent", null, null, false],
    [...ids, "retry", "Slack answered 429.", 7, true],
    [...ids, "given_up", "no_service", null, false],
  ]);
});

Deno.test("the next attempt is on our own clock, whatever the database's says", () =>
  onFakeTime(async () => {
    const { outbox } = outboxOn([() => ({
      status: "pending",
      next_attempt_at: "1999-12-31T23:59:59+00:00",
      due_in_ms: 2000,
    })]);
    deepEqual(
      await outbox.complete(DELIVERY, { kind: "transient", reason: "500" }),
      { status: "pending", next_attempt_at: "2026-01-01T00:00:02.000Z" },
    );
  }));

Deno.test("a completion is repeated while the database is away", () =>
  onFakeTime(async () => {
    const { outbox, events } = outboxOn([
      fail(new Error("connect ECONNREFUSED 127.0.0.1:5432")),
      fail(databaseError("57P03", "the database system is starting up")),
      () => ({ status: "sent", next_attempt_at: null, due_in_ms: null }),
    ]);
    const completion = await outbox.complete(DELIVERY, { kind: "sent" });
    equal(completion.status, "sent");
    deepEqual(events, [
      "attempt 1: Error: connect ECONNREFUSED 127.0.0.1:5432",
      "attempt 2: PostgresError: the database system is starting up",
    ]);
  }));

Deno.test("a completion that the database refuses is not repeated", async () => {
  const { outbox, asked } = outboxOn([
    fail(databaseError("42501", "permission denied")),
  ]);
  await rejects(outbox.complete(DELIVERY, { kind: "sent" }), /permission/);
  equal(asked.length, 1);
});
