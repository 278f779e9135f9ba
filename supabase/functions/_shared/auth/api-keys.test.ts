import assert from "node:assert/strict";
import { timingSafeEqual } from "node:crypto";
import { createKeyCheck, presentedKey } from "./api-keys.ts";

Deno.test("each of several configured keys is accepted", () => {
  const isAccepted = createKeyCheck(["old-key", "new-key"]);
  assert.equal(isAccepted("old-key"), true);
  assert.equal(isAccepted("new-key"), true);
});

Deno.test("a key that differs in anything is refused", () => {
  const isAccepted = createKeyCheck(["Job-Key-1"]);
  for (
    const wrong of [
      "",
      "Job-Key-2",
      "job-key-1",
      "Job-Key-",
      "Job-Key-11",
      "Job- Key-1",
      " Job-Key-1",
      "Job-Key-1,",
    ]
  ) {
    assert.equal(isAccepted(wrong), false, `accepted ${JSON.stringify(wrong)}`);
  }
});

Deno.test("without configured keys nothing is accepted", () => {
  const isAccepted = createKeyCheck([]);
  assert.equal(isAccepted(""), false);
  assert.equal(isAccepted("anything"), false);
});

Deno.test("every key is compared in full, whether or where one matches", () => {
  const compared: [number, number][] = [];
  const isAccepted = createKeyCheck(["first", "second", "third"], (a, b) => {
    compared.push([a.byteLength, b.byteLength]);
    return timingSafeEqual(a, b);
  });
  const digestsOfThreeKeys = [[32, 32], [32, 32], [32, 32]];

  for (const presented of ["first", "second", "third", "none", ""]) {
    compared.length = 0;
    isAccepted(presented);
    assert.deepEqual(compared, digestsOfThreeKeys, `after ${presented}`);
  }
});

Deno.test("one match among the comparisons is enough, in any position", () => {
  for (const position of [0, 1, 2]) {
    let comparison = 0;
    const isAccepted = createKeyCheck(
      ["a", "b", "c"],
      () => comparison++ === position,
    );
    assert.equal(isAccepted("any"), true);
  }
});

Deno.test("the key is taken from X-API-Key, else from a bearer token", () => {
  const key = (headers: HeadersInit) => presentedKey(new Headers(headers));
  assert.equal(key({ "X-API-Key": "k" }), "k");
  assert.equal(key({ Authorization: "Bearer k" }), "k");
  assert.equal(key({ Authorization: "bearer k" }), "k");
  assert.equal(key({ "X-API-Key": "k", Authorization: "Bearer other" }), "k");
  assert.equal(key({}), undefined);
  assert.equal(key({ Authorization: "Basic k" }), undefined);
  assert.equal(key({ Authorization: "Bearer" }), undefined);
});

Deno.test("an empty X-API-Key does not fall back to the bearer token", () => {
  const headers = new Headers({
    "X-API-Key": "",
    Authorization: "Bearer k",
  });
  assert.equal(presentedKey(headers), "");
});
