import assert from "node:assert/strict";
import { alertKind } from "../alert.ts";
import { LEASE_SECONDS, type Outbox } from "../outbox.ts";

/** An outbox, in memory or in the database, and its clock. */
export interface OutboxWorld {
  readonly outbox: Outbox;
  /** Raises one alert per job, in this order, on both channels. */
  raise(...jobNames: string[]): Promise<void>;
  /** Lets time pass for the outbox. */
  wait(seconds: number): Promise<void>;
}

/** What `FakeOutbox` and the database have in common. */
export interface OutboxScenario {
  readonly name: string;
  readonly play: (world: OutboxWorld) => Promise<void>;
}

/** The channels of the scenarios; they carry every kind of alert. */
export const [SLACK, EMAIL] = ["slack", "email"].map((name) => ({
  name,
  kinds: alertKind.options,
}));

const claim = ({ outbox }: OutboxWorld, maxCount = 10, channel = SLACK) =>
  outbox.claim([channel], maxCount);

/** Asserts which jobs' alerts a claim gives out. */
async function gives(
  world: OutboxWorld,
  expected: string[],
  { maxCount = 10, channel = SLACK } = {},
): Promise<void> {
  const claimed = await claim(world, maxCount, channel);
  assert.deepEqual(claimed.map(({ job_name }) => job_name), expected);
}

export const OUTBOX_SCENARIOS: readonly OutboxScenario[] = [
  {
    name: "a delivery is given out once, with a first attempt",
    async play(world) {
      await world.raise("a");
      const [{ attempt, channel, kind }] = await claim(world);
      assert.deepEqual([attempt, channel, kind], [1, "slack", "run_failed"]);
      await gives(world, []);
    },
  },
  {
    name: "a claim gives out the oldest, and no more than it asks for",
    async play(world) {
      await world.raise("a", "b", "c");
      await gives(world, ["a", "b"], { maxCount: 2 });
      await gives(world, ["c"], { maxCount: 2 });
    },
  },
  {
    name: "a claim of nothing is refused",
    async play(world) {
      await assert.rejects(claim(world, 0), /max_count is 1 to 100/);
    },
  },
  {
    name: "the alerts of one job are given out one after the other",
    async play(world) {
      await world.raise("a", "a", "b");
      const [first] = await claim(world);
      await gives(world, []);
      await world.outbox.complete(first, { kind: "sent" });
      await gives(world, ["a"]);
    },
  },
  {
    name: "one channel does not hold up another",
    async play(world) {
      await world.raise("a");
      await gives(world, ["a"]);
      await gives(world, ["a"], { channel: EMAIL });
    },
  },
  {
    name: "what was sent is not given out again",
    async play(world) {
      await world.raise("a");
      const [delivery] = await claim(world);
      for (const kind of ["sent", "sent", "permanent"] as const) {
        assert.deepEqual(
          await world.outbox.complete(delivery, { kind, reason: "No." }),
          { status: "sent", next_attempt_at: null },
        );
      }
      await world.wait(LEASE_SECONDS + 1);
      await gives(world, []);
    },
  },
  {
    name: "a permanent failure gives the delivery up, and the next one follows",
    async play(world) {
      await world.raise("a", "a");
      const [delivery] = await claim(world);
      assert.deepEqual(
        await world.outbox.complete(delivery, {
          kind: "permanent",
          reason: "No.",
        }),
        { status: "given_up", next_attempt_at: null },
      );
      await gives(world, ["a"]);
    },
  },
  {
    name: "a transient failure is retried after 1, 2 and 4 seconds",
    async play(world) {
      await world.raise("a");
      for (const [index, seconds] of [1, 2, 4].entries()) {
        const [delivery] = await claim(world);
        assert.equal(delivery.attempt, index + 1);
        const { status, next_attempt_at } = await world.outbox.complete(
          delivery,
          { kind: "transient", reason: "Busy." },
        );
        assert.equal(status, "pending");
        assert.notEqual(next_attempt_at, null);
        await world.wait(seconds - 0.5);
        await gives(world, []);
        await world.wait(0.5);
      }
      await gives(world, ["a"]);
    },
  },
  {
    name: "a service that asks for a longer wait gets it",
    async play(world) {
      await world.raise("a", "b");
      const [delivery] = await claim(world, 1);
      await world.outbox.complete(delivery, {
        kind: "transient",
        reason: "Busy.",
        retryAfterSeconds: 60,
      });
      await gives(world, ["b"]);
      await world.wait(LEASE_SECONDS - 1);
      await gives(world, []);
      await world.wait(61 - LEASE_SECONDS);
      await gives(world, ["a", "b"]);
    },
  },
  {
    name: "a failure that concerns all messages pauses its channel alone",
    async play(world) {
      await world.raise("a", "b");
      const [delivery] = await claim(world, 1);
      await world.outbox.complete(delivery, {
        kind: "transient",
        reason: "Rate limit.",
        retryAfterSeconds: 10,
        concernsAll: true,
      });
      await gives(world, []);
      await gives(world, ["a", "b"], { channel: EMAIL });
      await world.wait(10);
      await gives(world, ["a", "b"]);
    },
  },
  {
    name: "a delivery is free again when its lease ends",
    async play(world) {
      await world.raise("a");
      const [first] = await claim(world);
      await world.wait(LEASE_SECONDS - 1);
      await gives(world, []);
      await world.wait(1);
      const [second] = await claim(world);
      assert.equal(second.attempt, 2);
      assert.notEqual(second.lease, first.lease);
    },
  },
  {
    name: "without the lease only a success counts",
    async play(world) {
      await world.raise("a");
      const [first] = await claim(world);
      await world.wait(LEASE_SECONDS);
      await claim(world);
      const late = { kind: "permanent", reason: "No." } as const;
      const { status } = await world.outbox.complete(first, late);
      assert.equal(status, "pending");
      assert.deepEqual(await world.outbox.complete(first, { kind: "sent" }), {
        status: "sent",
        next_attempt_at: null,
      });
    },
  },
];
