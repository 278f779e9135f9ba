import assert from "node:assert/strict";
import { formatFindings, isReached } from "./finding.ts";

Deno.test("a target is reached up to and including its limit", () => {
  const at = (
    value: number,
    wanted: { atMost: number } | { atLeast: number },
  ) => isReached({ name: "", value, unit: "×", wanted });

  assert.equal(at(1.25, { atMost: 1.25 }), true);
  assert.equal(at(1.26, { atMost: 1.25 }), false);
  assert.equal(at(5, { atLeast: 5 }), true);
  assert.equal(at(4.99, { atLeast: 5 }), false);
});

Deno.test("a number without a target has no verdict", () => {
  const finding = { name: "rows", value: 12_345, unit: "rows/s" } as const;

  assert.equal(isReached(finding), null);
  assert.match(formatFindings([finding]), /rows +12,345 rows\/s$/m);
});

Deno.test("a missed target is said in words", () => {
  const table = formatFindings([
    { name: "ratio", value: 3, unit: "×", wanted: { atMost: 2 } },
  ]);
  assert.match(table, /3\.00 × +at most 2 × +not reached/);
});
