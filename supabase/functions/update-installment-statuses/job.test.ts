import assert from "node:assert/strict";
import { batchSize } from "./job.ts";

Deno.test("each attempt takes smaller batches, and never an empty one", () => {
  assert.deepEqual([1, 2, 3, 4].map(batchSize), [5000, 625, 79, 10]);
});
