import assert from "node:assert/strict";
import type { CallRpc, RpcArgs, RpcName } from "../../_shared/rpc/client.ts";
import { claim, completion, digestList } from "../ledger.ts";
import { claimed, FakeLedger, REFUSED_CLAIMS } from "./fake-ledger.ts";

export type RefusedClaim = keyof typeof REFUSED_CLAIMS;

/** A ledger, and one agency with overdue installments. */
export interface LedgerWorld {
  readonly callRpc: CallRpc;
  readonly agencyId: string;
  /** A run of the digest that is at work. */
  readonly runId: string;
  /** Lets the next claim be refused for this reason. */
  prepare(refusal: RefusedClaim): Promise<void>;
}

/** What `FakeLedger` and the database have in common. */
export interface LedgerScenario {
  readonly name: string;
  readonly play: (world: LedgerWorld) => Promise<void>;
}

async function ask<Name extends RpcName>(
  { callRpc }: LedgerWorld,
  name: Name,
  args: RpcArgs<Name>,
): Promise<unknown> {
  const { data, error } = await callRpc(
    name,
    args,
    new AbortController().signal,
  );
  assert.equal(error, null);
  return data;
}

const askForClaim = (world: LedgerWorld) =>
  ask(world, "claim_overdue_digest", {
    run_id: world.runId,
    agency_id: world.agencyId,
    lease_seconds: 30,
  });

/** Asserts that an answer has the members and the types of the double's. */
function assertSameShape(actual: unknown, expected: unknown, path = ""): void {
  if (actual === null || expected === null) return;
  assert.equal(typeof actual, typeof expected, path);
  if (typeof actual !== "object" || typeof expected !== "object") return;
  if (Array.isArray(actual) && Array.isArray(expected)) {
    if (actual.length > 0 && expected.length > 0) {
      assertSameShape(actual[0], expected[0], `${path}[0]`);
    }
    return;
  }
  const membersOf = (value: object) => new Map(Object.entries(value));
  const [one, other] = [membersOf(actual), membersOf(expected)];
  assert.deepEqual([...one.keys()].sort(), [...other.keys()].sort(), path);
  for (const [key, value] of one) {
    assertSameShape(value, other.get(key), `${path}.${key}`);
  }
}

const AGENCY = { id: "", name: "Agency" };

export const LEDGER_SCENARIOS: readonly LedgerScenario[] = [
  {
    name: "the list names the agencies to mail",
    async play(world) {
      const { runId: run_id } = world;
      const list = await ask(world, "list_overdue_digests", { run_id });
      const { data } = new FakeLedger([AGENCY])
        .answer("list_overdue_digests", { run_id });
      assertSameShape(list, data);
      const { agencies } = digestList.parse(list);
      assert.deepEqual(agencies.map(({ id }) => id), [world.agencyId]);
    },
  },
  {
    name: "a claim gives the mail's content, its lease and its key",
    async play(world) {
      const answer = await askForClaim(world);
      assertSameShape(answer, claimed(AGENCY));
      const { status } = claim.parse(answer);
      assert.equal(status, "claimed");
    },
  },
  ...(["sent", "refused", "not_sent", "unknown"] as const).map((outcome) => ({
    name: `a claim that ends as ${outcome} is recorded`,
    async play(world: LedgerWorld) {
      const answer = claim.parse(await askForClaim(world));
      assert(answer.status === "claimed");
      const end = {
        agency_id: world.agencyId,
        week: answer.week,
        lease: answer.lease,
        outcome,
        ...outcome === "sent" && { mail_id: "mail-1" },
      };
      const recorded = await ask(world, "complete_overdue_digest", end);
      const { data } = new FakeLedger([AGENCY])
        .answer("complete_overdue_digest", end);
      assertSameShape(recorded, data);
      assert.deepEqual(completion.parse(recorded), completion.parse(data));
    },
  })),
  ...(Object.keys(REFUSED_CLAIMS) as RefusedClaim[]).map((refusal) => ({
    name: `a claim is refused as ${refusal}`,
    async play(world: LedgerWorld) {
      await world.prepare(refusal);
      const answer = await askForClaim(world);
      assertSameShape(answer, REFUSED_CLAIMS[refusal]);
      assert.equal(claim.parse(answer).status, refusal);
    },
  })),
];
