import assert from "node:assert/strict";
import { median, medianRatio, quantile } from "./statistics.ts";

Deno.test("the median of an even number of values lies between the middle two", () => {
  assert.equal(median([9, 1, 3, 5]), 4);
  assert.equal(median([10, 9, 1]), 9);
});

Deno.test("a quantile lies between its neighbours", () => {
  assert.equal(quantile([0, 10, 20, 30, 40], 0.95), 38);
  assert.equal(quantile([7], 0.95), 7);
});

Deno.test("no values have no quantile", () => {
  assert.throws(() => quantile([], 0.5), RangeError);
});

Deno.test("a slow round does not move the ratio when it was slow for both", () => {
  assert.equal(medianRatio([10, 10, 1000], [5, 5, 500]), 2);
  assert.throws(() => medianRatio([1], [1, 2]), RangeError);
});
