import assert from "node:assert/strict";
import { errorBody } from "../../../supabase/functions/_shared/testing/assert-error.ts";
import {
  type FakeRefusal,
  fakeTables,
} from "../../../supabase/functions/_shared/testing/fake-tables.ts";
import { jobUnderTest } from "../../../supabase/functions/_shared/testing/job-under-test.ts";
import { job } from "./job.ts";

const tables = {
  agencies: [
    { id: "a", name: "Alpha" },
    { id: "b", name: "Beta" },
    { id: "c", name: "Gamma" },
  ],
  payment_plans: [
    { id: "1", agency_id: "a", status: "active" },
    { id: "2", agency_id: "a", status: "active" },
    { id: "3", agency_id: "a", status: "draft" },
    { id: "4", agency_id: "b", status: "active" },
  ],
};

/** The plans of an agency that cannot be read. */
const closed = (agencyId: string): FakeRefusal => ({
  table: "payment_plans",
  where: agencyId,
  code: "42501",
  message: "permission denied for table payment_plans",
});

function setUp({ refusals = [], ...others }: {
  agencies?: typeof tables.agencies;
  refusals?: readonly FakeRefusal[];
} = {}) {
  const admin = fakeTables({ tables: { ...tables, ...others }, refusals });
  const { trigger, lines, runs } = jobUnderTest(job, { admin });
  const counted = () =>
    lines.map((line) => JSON.parse(line))
      .filter(({ event }) => event === "agency_counted")
      .map(({ agencyId, activePlans }) => [agencyId, activePlans]);
  const metadata = () => [...runs.runs.values()].map((run) => run.metadata);
  return { trigger, counted, metadata };
}

Deno.test("each agency's active plans are counted, and no others", async () => {
  const { trigger, counted, metadata } = setUp();
  const response = await trigger();
  const answer = await response.json();

  assert.equal(response.status, 200);
  assert.equal(answer.itemsTotal, 3);
  assert.equal(answer.itemsProcessed, 3);
  assert.deepEqual(answer.errors, []);
  assert.deepEqual(counted().sort(), [["a", 2], ["b", 1], ["c", 0]]);
  assert.equal(metadata()[0].agencies_seen, 3);
});

Deno.test("an agency that fails is named, and stops no other", async () => {
  const { trigger, counted } = setUp({ refusals: [closed("b")] });
  const response = await trigger();

  assert.equal(response.status, 200);
  assert.deepEqual((await response.json()).errors, [{
    id: "b",
    name: "Beta",
    error: "permission denied for table payment_plans",
  }]);
  assert.deepEqual(counted().sort(), [["a", 2], ["c", 0]]);
});

Deno.test("when more than half of the agencies fail, the run has failed", async () => {
  const { trigger } = setUp({ refusals: [closed("a"), closed("b")] });
  const { error } = await errorBody(await trigger(), 500, "run_failed");
  assert.match(
    error.message,
    /^2 of 3 items failed, more than 50 %\. The first: permission denied/,
  );
});

Deno.test("without agencies there is nothing to do, and that is a success", async () => {
  const { trigger, counted } = setUp({ agencies: [] });
  const answer = await (await trigger()).json();

  assert.equal(answer.success, true);
  assert.equal(answer.itemsTotal, 0);
  assert.deepEqual(counted(), []);
});
