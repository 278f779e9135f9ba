import assert from "node:assert/strict";
import { createKeyCheck } from "./api-keys.ts";
import { nearMisses, sha256, watchComparisons } from "./testing/keys.ts";

Deno.test("each of several configured keys is accepted", () => {
  const isAccepted = createKeyCheck(["old-key", "new-key"]);
  assert.equal(isAccepted("old-key"), true);
  assert.equal(isAccepted("new-key"), true);
});

Deno.test("a key that differs in anything is refused", () => {
  const isAccepted = createKeyCheck(["Job-Key-1"]);
  for (
    const wrong of ["", "Job- Key-1", " Job-Key-1", ...nearMisses("Job-Key-1")]
  ) {
    assert.equal(isAccepted(wrong), false, `accepted ${JSON.stringify(wrong)}`);
  }
});

Deno.test("without configured keys nothing is accepted", () => {
  const isAccepted = createKeyCheck([]);
  assert.equal(isAccepted(""), false);
  assert.equal(isAccepted("anything"), false);
});

Deno.test("every key is compared in full and in constant time, whether or where one matches", () => {
  const keys = ["first", "second", "third"];
  const isAccepted = createKeyCheck(keys);
  using comparisons = watchComparisons();

  for (const presented of [...keys, "none", ""]) {
    assert.equal(isAccepted(presented), keys.includes(presented));
    assert.deepEqual(
      comparisons.take(),
      keys.map((key) => [sha256(presented), sha256(key)]),
      `after ${presented}`,
    );
  }
});
