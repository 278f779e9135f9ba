import assert from "node:assert/strict";
import { z } from "zod";
import { row } from "./row.ts";

Deno.test("the keys of a row become camelCase, and those inside it stay", () => {
  const schema = row(z.object({
    jobName: z.string(),
    durationP50Ms: z.number(),
    givenUp24h: z.number(),
    transitions: z.record(z.string(), z.number()),
  }));
  assert.deepEqual(
    schema.parse({
      job_name: "a_b",
      duration_p50_ms: 1,
      given_up_24h: 2,
      transitions: { pending_to_overdue: 3 },
      something_new: 4,
    }),
    {
      jobName: "a_b",
      durationP50Ms: 1,
      givenUp24h: 2,
      transitions: { pending_to_overdue: 3 },
    },
  );
});

Deno.test("objects that the schema describes are converted at every depth", () => {
  const schema = row(z.object({
    jobRuns: z.array(z.object({
      lastRun: z.object({ startedAt: z.string() }).nullable(),
      rawMetadata: z.unknown(),
    })),
  }));
  assert.deepEqual(
    schema.parse({
      job_runs: [
        { last_run: { started_at: "now" }, raw_metadata: { a_b: 1 } },
        { last_run: null, raw_metadata: null },
      ],
    }),
    {
      jobRuns: [
        { lastRun: { startedAt: "now" }, rawMetadata: { a_b: 1 } },
        { lastRun: null, rawMetadata: null },
      ],
    },
  );
});

Deno.test("a value that is no row is refused", () => {
  const schema = row(z.object({ jobName: z.string() }));
  for (const value of [null, "text", 1, [], { job_name: 1 }, {}]) {
    assert.equal(schema.safeParse(value).success, false);
  }
});
