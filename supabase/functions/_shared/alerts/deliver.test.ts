import assert from "node:assert/strict";
import { createLogger } from "../logger.ts";
import type { SendResult } from "../service/send-result.ts";
import { onFakeTime } from "../testing/fake-time.ts";
import type { Alert } from "./alert.ts";
import type { Channel } from "./channel.ts";
import { createDeliverer, type DeliveryOptions } from "./deliver.ts";
import type { ClaimedDelivery } from "./outbox.ts";
import { deliverAlerts } from "./testing/deliver-alerts.ts";
import { FakeOutbox } from "./testing/fake-outbox.ts";
import { RUN_ID, sampleDelivery } from "./testing/samples.ts";

type Send = (
  alert: Alert,
  signal: AbortSignal,
) => SendResult | Promise<SendResult>;

const sent: SendResult = { kind: "sent" };
const refused: SendResult = { kind: "permanent", reason: "404: no_service" };
const unavailable: SendResult = { kind: "transient", reason: "503" };

/** A channel that notes what it is asked to send. */
function channelOf(name: string, send: Send = () => sent) {
  const alertIds: string[] = [];
  const channel: Channel = {
    name,
    kinds: ["run_failed"],
    async send(alert, signal) {
      alertIds.push(alert.alert_id);
      return await send(alert, signal);
    },
  };
  return { channel, alertIds };
}

/** Answers when the test says so. */
function gate<Value>(value: Value) {
  const entered = Promise.withResolvers<void>();
  const open = Promise.withResolvers<Value>();
  return {
    entered: entered.promise,
    open: () => open.resolve(value),
    pass: () => {
      entered.resolve();
      return open.promise;
    },
  };
}

/** Never answers, and does not heed its signal. */
const hang = () => new Promise<never>(() => {});

function setUp(outbox: FakeOutbox, ...channels: Channel[]) {
  const lines: string[] = [];
  const stop = new AbortController();
  const options: DeliveryOptions = {
    outbox,
    channels,
    log: createLogger((_, line) => lines.push(line)),
    signal: stop.signal,
    monotonicNow: () => Date.now(),
  };
  const logged = () => lines.map((line) => JSON.parse(line));
  return { options, stop, logged };
}

/** Deliveries of as many jobs, so that none waits for another. */
function deliveriesTo(channel: string, count: number): ClaimedDelivery[] {
  return Array.from(
    { length: count },
    (_, job) => sampleDelivery({ channel, job_name: `job-${job}` }),
  );
}

Deno.test("due alerts are sent on each channel, and counted", () =>
  onFakeTime(async () => {
    const outbox = new FakeOutbox([
      ...deliveriesTo("slack", 12),
      ...deliveriesTo("email", 3),
    ]);
    const slack = channelOf("slack");
    const email = channelOf("email", () => refused);
    const { options } = setUp(outbox, slack.channel, email.channel);

    assert.deepEqual(await deliverAlerts(options), {
      slack: {
        sent: 12,
        retried: 0,
        givenUp: 0,
        unrecorded: 0,
        outboxError: null,
      },
      email: {
        sent: 0,
        retried: 0,
        givenUp: 3,
        unrecorded: 0,
        outboxError: null,
      },
    });
    assert.equal(new Set(slack.alertIds).size, 12);
    assert(outbox.claims.every(({ maxCount }) => maxCount <= 5));
  }));

Deno.test("with nothing due it asks once and is done", () =>
  onFakeTime(async () => {
    const outbox = new FakeOutbox();
    const { options } = setUp(outbox, channelOf("slack").channel);
    await deliverAlerts(options);
    assert.deepEqual(outbox.claims, [{ channel: "slack", maxCount: 5 }]);
  }));

Deno.test("the alerts of one job are sent one after the other, in order", () =>
  onFakeTime(async () => {
    const deliveries = Array.from({ length: 4 }, () => sampleDelivery());
    const outbox = new FakeOutbox(deliveries);
    let underway = 0;
    const slack = channelOf("slack", async () => {
      underway += 1;
      assert.equal(underway, 1);
      await new Promise((resolve) => setTimeout(resolve, 100));
      underway -= 1;
      return sent;
    });
    const { options } = setUp(outbox, slack.channel);

    assert.equal((await deliverAlerts(options)).slack.sent, 4);
    assert.deepEqual(
      slack.alertIds,
      deliveries.map(({ alert_id }) => alert_id),
    );
  }));

Deno.test("five are in flight at most", () =>
  onFakeTime(async () => {
    const outbox = new FakeOutbox(deliveriesTo("slack", 20));
    let underway = 0;
    let most = 0;
    const slack = channelOf("slack", async () => {
      most = Math.max(most, ++underway);
      await new Promise((resolve) => setTimeout(resolve, 100));
      underway -= 1;
      return sent;
    });
    const { options } = setUp(outbox, slack.channel);

    assert.equal((await deliverAlerts(options)).slack.sent, 20);
    assert.equal(most, 5);
  }));

Deno.test("a channel that hangs holds up no other and is given up after 10 s", () =>
  onFakeTime(async () => {
    const outbox = new FakeOutbox([
      ...deliveriesTo("slack", 1),
      ...deliveriesTo("email", 20),
    ]);
    const begin = Date.now();
    let emailDone = Infinity;
    const slack = channelOf("slack", hang);
    const email = channelOf("email", () => {
      emailDone = Date.now() - begin;
      return sent;
    });
    const { options } = setUp(outbox, slack.channel, email.channel);

    const report = await deliverAlerts(options);
    assert.equal(report.email.sent, 20);
    assert.equal(emailDone, 0);
    assert.equal(report.slack.retried, 1);
    assert.equal(Date.now() - begin, 10_000);
    assert.deepEqual(outbox.completions.at(-1)?.result, {
      kind: "transient",
      reason: "There was no answer within 10 seconds.",
    });
  }));

Deno.test("one send that hangs does not hold up the rest of its channel", () =>
  onFakeTime(async () => {
    const deliveries = deliveriesTo("slack", 20);
    const outbox = new FakeOutbox(deliveries);
    const begin = Date.now();
    const slack = channelOf("slack", ({ alert_id }) => {
      if (alert_id === deliveries[0].alert_id) return hang();
      assert.equal(Date.now(), begin);
      return sent;
    });
    const { options } = setUp(outbox, slack.channel);

    const { sent: count, retried } = (await deliverAlerts(options)).slack;
    assert.deepEqual({ count, retried }, { count: 19, retried: 1 });
  }));

Deno.test("a send sees its time run out as an abort", () =>
  onFakeTime(async () => {
    const outbox = new FakeOutbox(deliveriesTo("slack", 1));
    let reason: unknown;
    const slack = channelOf(
      "slack",
      (_, signal) =>
        new Promise((_resolve, reject) =>
          signal.addEventListener("abort", () => {
            reason = signal.reason;
            reject(signal.reason);
          })
        ),
    );
    const { options } = setUp(outbox, slack.channel);

    assert.equal((await deliverAlerts(options)).slack.retried, 1);
    assert.match(String(reason), /time limit of 10 s/);
  }));

Deno.test("a channel that throws costs only an attempt", () =>
  onFakeTime(async () => {
    const outbox = new FakeOutbox(deliveriesTo("slack", 1));
    const slack = channelOf("slack", () => {
      throw new TypeError("undefined is not a block");
    });
    const { options } = setUp(outbox, slack.channel);

    assert.equal((await deliverAlerts(options)).slack.retried, 1);
    assert.deepEqual(outbox.completions[0].result, {
      kind: "transient",
      reason: "The channel failed unexpectedly: undefined is not a block",
    });
  }));

Deno.test("sends start as soon as the claim is answered", () =>
  onFakeTime(async () => {
    const outbox = new FakeOutbox(deliveriesTo("slack", 5));
    const answered = gate(undefined);
    outbox.beforeClaim = answered.pass;
    const slack = channelOf("slack", hang);
    const { options } = setUp(outbox, slack.channel);
    const delivery = deliverAlerts(options);

    await answered.entered;
    answered.open();
    await Promise.resolve();
    for (let turn = 0; turn < 5; turn++) await Promise.resolve();
    assert.equal(slack.alertIds.length, 5);
    await delivery;
  }));

Deno.test("nothing is sent when the lease could end before the send does", () =>
  onFakeTime(async () => {
    const begin = Date.now();
    for (
      const { claimTakesMs, isSent } of [
        { claimTakesMs: 15_000, isSent: true },
        { claimTakesMs: 15_001, isSent: false },
      ]
    ) {
      const outbox = new FakeOutbox(deliveriesTo("slack", 1));
      outbox.beforeClaim = async () => {
        if (outbox.claims.length > 1) return;
        await new Promise((resolve) => setTimeout(resolve, claimTakesMs));
      };
      const slack = channelOf("slack");
      const { options, logged } = setUp(outbox, slack.channel);

      await deliverAlerts(options);
      assert.equal(slack.alertIds.length, isSent ? 1 : 0);
      assert.deepEqual(outbox.statuses(), [isSent ? "sent" : "pending"]);
      const warned = logged().some(({ event }) => event === "lease_too_short");
      assert.equal(warned, !isSent);
    }
    assert.equal(Date.now() - begin, 30_001);
  }));

Deno.test("the lease is measured on a monotonic clock", () =>
  onFakeTime(async () => {
    const outbox = new FakeOutbox(deliveriesTo("slack", 1));
    let monotonic = 1_000;
    outbox.beforeClaim = () => {
      monotonic += 16_000;
    };
    const slack = channelOf("slack");
    const { options } = setUp(outbox, slack.channel);

    await deliverAlerts({ ...options, monotonicNow: () => monotonic });
    assert.deepEqual(slack.alertIds, []);
  }));

Deno.test("once stopped, it finishes the sends in flight and claims no more", () =>
  onFakeTime(async () => {
    const outbox = new FakeOutbox(deliveriesTo("slack", 20));
    const sending = gate<SendResult>(sent);
    const slack = channelOf("slack", sending.pass);
    const { options, stop } = setUp(outbox, slack.channel);
    const delivery = deliverAlerts(options);

    await sending.entered;
    stop.abort();
    sending.open();
    assert.equal((await delivery).slack.sent, 5);
    assert.equal(outbox.claims.length, 1);
    assert.equal(outbox.completions.length, 5);
  }));

Deno.test("what was being claimed when it was stopped is still sent", () =>
  onFakeTime(async () => {
    const outbox = new FakeOutbox(deliveriesTo("slack", 8));
    const claiming = gate(undefined);
    outbox.beforeClaim = claiming.pass;
    const slack = channelOf("slack");
    const { options, stop } = setUp(outbox, slack.channel);
    const delivery = deliverAlerts(options);

    await claiming.entered;
    stop.abort();
    claiming.open();
    assert.equal((await delivery).slack.sent, 5);
    assert.equal(outbox.claims.length, 1);
  }));

Deno.test("stopped during a claim, it does not look again", () =>
  onFakeTime(async () => {
    const outbox = new FakeOutbox();
    const claiming = gate(undefined);
    outbox.beforeClaim = claiming.pass;
    const { options, stop } = setUp(outbox, channelOf("slack").channel);
    const deliverer = createDeliverer(options);

    deliverer.wake();
    await claiming.entered;
    deliverer.wake();
    stop.abort();
    claiming.open();
    await deliverer.settled();
    assert.equal(outbox.claims.length, 1);
  }));

Deno.test("woken with five in flight, it asks for more when one has landed", () =>
  onFakeTime(async () => {
    const outbox = new FakeOutbox(deliveriesTo("slack", 6));
    const sending = gate<SendResult>(sent);
    const { options } = setUp(
      outbox,
      channelOf("slack", sending.pass).channel,
    );
    const deliverer = createDeliverer(options);

    deliverer.wake();
    await sending.entered;
    deliverer.wake();
    await new Promise((resolve) => setTimeout(resolve, 1));
    deliverer.wake();
    assert.equal(outbox.claims.length, 1);

    sending.open();
    const { sent: count, outboxError } = (await deliverer.settled()).slack;
    assert.deepEqual({ count, outboxError }, { count: 6, outboxError: null });
  }));

Deno.test("stopped before it began, it claims nothing", () =>
  onFakeTime(async () => {
    const outbox = new FakeOutbox(deliveriesTo("slack", 1));
    const { options, stop } = setUp(outbox, channelOf("slack").channel);
    stop.abort();
    assert.equal((await deliverAlerts(options)).slack.sent, 0);
    assert.deepEqual(outbox.claims, []);
  }));

Deno.test("a database that cannot be reached is distinguished from a service that refuses", () =>
  onFakeTime(async () => {
    const outbox = new FakeOutbox([
      ...deliveriesTo("slack", 1),
      ...deliveriesTo("email", 1),
    ]);
    const away = new Error("connection refused");
    outbox.beforeClaim = (channel) => {
      if (channel === "slack") throw away;
    };
    const email = channelOf("email", () => refused);
    const { options, logged } = setUp(
      outbox,
      channelOf("slack").channel,
      email.channel,
    );

    const report = await deliverAlerts(options);
    assert.equal(report.slack.outboxError, away);
    assert.equal(report.email.outboxError, null);
    assert.equal(report.email.givenUp, 1);
    const { event, channel, message } = logged().find(({ level }) =>
      level === "error"
    );
    assert.deepEqual(
      { event, channel, message },
      { event: "claim_failed", channel: "slack", message: away.message },
    );
  }));

Deno.test("a claim that fails leaves the sends of its channel alone", () =>
  onFakeTime(async () => {
    const outbox = new FakeOutbox(deliveriesTo("slack", 7));
    outbox.beforeClaim = () => {
      if (outbox.claims.length > 1) throw new Error("connection lost");
    };
    const { options } = setUp(
      outbox,
      channelOf("slack", async () => {
        await new Promise((resolve) => setTimeout(resolve, 100));
        return sent;
      }).channel,
    );

    const { sent: count, outboxError } = (await deliverAlerts(options)).slack;
    assert.equal(count, 5);
    assert.match(String(outboxError), /connection lost/);
  }));

Deno.test("an end that cannot be recorded is logged, and the rest goes on", () =>
  onFakeTime(async () => {
    const deliveries = deliveriesTo("slack", 8);
    const [lost] = deliveries;
    const outbox = new FakeOutbox(deliveries);
    outbox.beforeCompletion = ({ alert_id }) => {
      if (alert_id === lost.alert_id) throw new Error("connection lost");
    };
    const { options, logged } = setUp(outbox, channelOf("slack").channel);

    const { sent: count, unrecorded } = (await deliverAlerts(options)).slack;
    assert.deepEqual({ count, unrecorded }, { count: 7, unrecorded: 1 });
    const { event, alertId, outcome, message } = logged().find(({ level }) =>
      level === "error"
    );
    assert.deepEqual({ event, alertId, outcome, message }, {
      event: "attempt_not_recorded",
      alertId: lost.alert_id,
      outcome: "sent",
      message: "connection lost",
    });
  }));

Deno.test("log lines say what was sent, where, and which attempt it was", () =>
  onFakeTime(async () => {
    for (
      const { result, level, event, fields } of [
        {
          result: { kind: "sent", reference: "mail-1" },
          level: "info",
          event: "alert_sent",
          fields: { outcome: "sent", reference: "mail-1" },
        },
        {
          result: { kind: "transient", reason: "429", retryAfterSeconds: 7 },
          level: "warn",
          event: "alert_retried",
          fields: {
            outcome: "transient",
            reason: "429",
            retryAfterSeconds: 7,
            nextAttemptAt: new Date(Date.now() + 7000).toISOString(),
          },
        },
        {
          result: refused,
          level: "error",
          event: "alert_given_up",
          fields: { outcome: "permanent", reason: "404: no_service" },
        },
      ] satisfies { result: SendResult; [field: string]: unknown }[]
    ) {
      const delivery = sampleDelivery({ job_name: "nightly" });
      const { options, logged } = setUp(
        new FakeOutbox([delivery]),
        channelOf("slack", () => result).channel,
      );
      await deliverAlerts(options);
      const [{ at: _, ...line }, ...others] = logged();
      assert.deepEqual(line, {
        level,
        event,
        channel: "slack",
        alertId: delivery.alert_id,
        kind: "run_failed",
        jobName: "nightly",
        runId: RUN_ID,
        attempt: 1,
        durationMs: 0,
        ...fields,
      });
      assert.deepEqual(others, []);
    }
  }));

Deno.test("one delivery does not wait for retries that lie ahead", () =>
  onFakeTime(async () => {
    const begin = Date.now();
    const outbox = new FakeOutbox(deliveriesTo("slack", 1));
    const { options } = setUp(
      outbox,
      channelOf("slack", () => unavailable).channel,
    );
    assert.equal((await deliverAlerts(options)).slack.retried, 1);
    assert.equal(Date.now() - begin, 0);
  }));

Deno.test("a deliverer tries again when a retry is due", () =>
  onFakeTime(async () => {
    const begin = Date.now();
    const triedAt: number[] = [];
    const outbox = new FakeOutbox(deliveriesTo("slack", 1));
    const done = gate<SendResult>(sent);
    const { channel } = channelOf("slack", () => {
      triedAt.push(Date.now() - begin);
      if (triedAt.length < 3) return unavailable;
      done.open();
      return done.pass();
    });
    const { options } = setUp(outbox, channel);
    const deliverer = createDeliverer(options);

    deliverer.wake();
    await done.entered;
    const report = await deliverer.settled();
    assert.deepEqual(triedAt, [0, 1020, 3040]);
    assert.deepEqual(report.slack, {
      sent: 1,
      retried: 2,
      givenUp: 0,
      unrecorded: 0,
      outboxError: null,
    });
  }));

Deno.test("a stopped deliverer leaves no timer and wakes no more", () =>
  onFakeTime(async () => {
    const outbox = new FakeOutbox(deliveriesTo("slack", 1));
    const { options, stop } = setUp(
      outbox,
      channelOf("slack", () => unavailable).channel,
    );
    const deliverer = createDeliverer(options);
    deliverer.wake();
    await deliverer.settled();

    stop.abort();
    const claims = outbox.claims.length;
    deliverer.wake();
    await deliverer.settled();
    assert.equal(outbox.claims.length, claims);
  }));

Deno.test("an alert that is raised during a claim is found", () =>
  onFakeTime(async () => {
    const outbox = new FakeOutbox();
    const claiming = gate(undefined);
    outbox.beforeClaim = claiming.pass;
    const slack = channelOf("slack");
    const deliverer = createDeliverer(setUp(outbox, slack.channel).options);

    deliverer.wake();
    await claiming.entered;
    outbox.add(sampleDelivery());
    deliverer.wake();
    claiming.open();
    assert.equal((await deliverer.settled()).slack.sent, 1);
  }));

Deno.test("an alert that is raised during a claim that then fails is found, too", () =>
  onFakeTime(async () => {
    const outbox = new FakeOutbox();
    const claiming = gate(undefined);
    outbox.beforeClaim = async () => {
      if (outbox.claims.length > 1) return;
      await claiming.pass();
      throw new Error("the connection was cut");
    };
    const slack = channelOf("slack");
    const deliverer = createDeliverer(setUp(outbox, slack.channel).options);

    deliverer.wake();
    await claiming.entered;
    outbox.add(sampleDelivery());
    deliverer.wake();
    claiming.open();
    assert.equal((await deliverer.settled()).slack.sent, 1);
  }));

Deno.test("an alert that is raised while a send hangs goes out at once", () =>
  onFakeTime(async () => {
    const begin = Date.now();
    const [stuck, fresh] = deliveriesTo("slack", 2);
    const outbox = new FakeOutbox([stuck]);
    const hanging = gate<SendResult>(sent);
    let freshAt = Infinity;
    const slack = channelOf("slack", ({ alert_id }) => {
      if (alert_id === stuck.alert_id) return hanging.pass();
      freshAt = Date.now() - begin;
      return sent;
    });
    const { options, stop } = setUp(outbox, slack.channel);
    const deliverer = createDeliverer(options);

    deliverer.wake();
    await hanging.entered;
    outbox.add(fresh);
    deliverer.wake();
    const report = await deliverer.settled();
    stop.abort();
    assert.equal(freshAt, 0);
    assert.equal(report.slack.sent, 1);
    assert.equal(report.slack.retried, 1);
  }));

Deno.test("after the database was away, the next wake delivers", () =>
  onFakeTime(async () => {
    const outbox = new FakeOutbox();
    outbox.beforeClaim = () => {
      throw new Error("the database is starting up");
    };
    const slack = channelOf("slack");
    const deliverer = createDeliverer(setUp(outbox, slack.channel).options);
    deliverer.wake();
    assert((await deliverer.settled()).slack.outboxError instanceof Error);

    outbox.beforeClaim = () => {};
    outbox.add(sampleDelivery());
    deliverer.wake();
    const report = await deliverer.settled();
    assert.equal(report.slack.sent, 1);
    assert.equal(report.slack.outboxError, null);
  }));
