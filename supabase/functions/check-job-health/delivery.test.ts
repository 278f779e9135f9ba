import assert from "node:assert/strict";
import type { Channel } from "../_shared/alerts/channel.ts";
import type { SendResult } from "../_shared/service/send-result.ts";
import type { ClaimedDelivery, Outbox } from "../_shared/alerts/outbox.ts";
import { createLogger } from "../_shared/logger.ts";
import { onFakeTime } from "../_shared/testing/fake-time.ts";
import { TimeLimit } from "../_shared/time-limit.ts";
import { deliverDueAlerts } from "./delivery.ts";

function alertFor(channel: string, number: number): ClaimedDelivery {
  const id = (prefix: string) =>
    `${prefix}0000000-0000-4000-8000-${number.toString().padStart(12, "0")}`;
  return {
    alert_id: id("a"),
    channel,
    lease: id("b"),
    leased_until: "2026-01-01T00:00:30Z",
    attempt: 1,
    kind: "run_succeeded",
    job_name: `job-${number}`,
    run_id: null,
    raised_at: "2026-01-01T00:00:00Z",
    reminder: 0,
    details: { run: null, job: null },
  };
}

/** Gives out what is due, and refuses where the test says so. */
function outboxOf(
  due: ClaimedDelivery[],
  refuses: { claim?: Error; complete?: Error } = {},
): Outbox {
  return {
    claim([{ name }], maxCount) {
      if (refuses.claim) return Promise.reject(refuses.claim);
      const claimed = due.filter(({ channel }) => channel === name)
        .slice(0, maxCount);
      for (const delivery of claimed) due.splice(due.indexOf(delivery), 1);
      return Promise.resolve(claimed);
    },
    complete: (_, { kind }) =>
      refuses.complete ? Promise.reject(refuses.complete) : Promise.resolve({
        status: ({
          sent: "sent",
          transient: "pending",
          permanent: "given_up",
        } as const)[kind],
        next_attempt_at: null,
      }),
  };
}

/** A channel that answers its attempts with these results, then with `sent`. */
function channelWith(name: string, ...results: SendResult[]): Channel {
  return {
    name,
    kinds: ["run_succeeded"],
    send: () => Promise.resolve(results.shift() ?? { kind: "sent" }),
  };
}

function channelThatHangs(name: string): Channel {
  return {
    name,
    kinds: ["run_succeeded"],
    send: (_, signal) =>
      new Promise((_, reject) =>
        signal.addEventListener("abort", () => reject(signal.reason))
      ),
  };
}

async function deliver(
  outbox: Outbox,
  channels: Channel[],
  answerBy = new AbortController().signal,
) {
  const kept: Promise<unknown>[] = [];
  const delivery = await deliverDueAlerts({
    outbox,
    channels,
    log: createLogger(() => {}),
    keepAlive: (work) => kept.push(work),
    answerBy,
  });
  return { delivery, kept };
}

Deno.test("what became of the alerts is counted over all channels", async () => {
  const due = [1, 2, 3].map((number) => alertFor("slack", number));
  const { delivery } = await deliver(
    outboxOf([...due, alertFor("email", 4)]),
    [
      channelWith(
        "slack",
        { kind: "transient", reason: "503" },
        { kind: "permanent", reason: "404" },
      ),
      channelWith("email"),
    ],
  );
  assert.deepEqual(delivery, {
    finished: true,
    sent: 2,
    retried: 1,
    givenUp: 1,
    problems: [],
  });
});

Deno.test("without channels there is nothing to deliver", async () => {
  const { delivery } = await deliver(outboxOf([alertFor("slack", 1)]), []);
  assert.deepEqual(delivery, {
    finished: true,
    sent: 0,
    retried: 0,
    givenUp: 0,
    problems: [],
  });
});

Deno.test("a service that hangs does not delay the answer, and its attempt goes on", () =>
  onFakeTime(async () => {
    const begin = Date.now();
    const { delivery, kept } = await deliver(
      outboxOf([alertFor("slack", 1), alertFor("email", 2)]),
      [channelThatHangs("slack"), channelWith("email")],
      new TimeLimit(8000).signal,
    );
    assert.equal(Date.now() - begin, 8000);
    const { problems, ...counts } = delivery;
    assert.deepEqual(counts, {
      finished: false,
      sent: 1,
      retried: 0,
      givenUp: 0,
    });
    assert.match(problems.join(), /It continues/);

    assert.equal(kept.length, 1);
    await kept[0];
    assert.equal(Date.now() - begin, 10_000);
  }));

Deno.test("the answer does not wait when the time is up already", () =>
  onFakeTime(async () => {
    const begin = Date.now();
    const { delivery, kept } = await deliver(
      outboxOf([alertFor("slack", 1)]),
      [channelThatHangs("slack")],
      AbortSignal.abort(),
    );
    assert.equal(Date.now() - begin, 0);
    assert.equal(delivery.finished, false);
    await kept[0];
  }));

Deno.test("after 50 seconds nothing more is claimed, and what is in flight ends", () =>
  onFakeTime(async () => {
    const begin = Date.now();
    const endless: Outbox = {
      ...outboxOf([]),
      claim: () => Promise.resolve([alertFor("slack", 1)]),
    };
    const slow: Channel = {
      ...channelWith("slack"),
      send: () =>
        new Promise((resolve) =>
          setTimeout(() => resolve({ kind: "sent" }), 7000)
        ),
    };
    const { kept } = await deliver(endless, [slow]);
    await kept[0];
    assert.equal(Date.now() - begin, 56_000);
  }));

Deno.test("an outbox that cannot be read or written is a problem in a sentence", async () => {
  const away = await deliver(
    outboxOf([], { claim: new Error("no connection") }),
    [channelWith("slack")],
  );
  assert.deepEqual(away.delivery.problems, [
    "The alerts for slack could not be read: no connection",
  ]);

  const unwritten = await deliver(
    outboxOf([alertFor("slack", 1)], { complete: new Error("no connection") }),
    [channelWith("slack")],
  );
  assert.equal(unwritten.delivery.sent, 0);
  assert.match(unwritten.delivery.problems.join(), /1 attempt.*to slack/);
});
