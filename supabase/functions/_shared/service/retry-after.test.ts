import assert from "node:assert/strict";
import { onFakeTime } from "../testing/fake-time.ts";
import { retryAfterSeconds } from "./retry-after.ts";

Deno.test("seconds are taken as they are, at most an hour", () => {
  assert.equal(retryAfterSeconds("0"), 0);
  assert.equal(retryAfterSeconds(" 30 "), 30);
  assert.equal(retryAfterSeconds("1.5"), 1.5);
  assert.equal(retryAfterSeconds("3600"), 3600);
  assert.equal(retryAfterSeconds("31536000"), 3600);
});

Deno.test("a date is the time until then", () =>
  onFakeTime(() => {
    const inSeconds = (seconds: number) =>
      new Date(Date.now() + 1000 * seconds).toUTCString();
    assert.equal(retryAfterSeconds(inSeconds(90)), 90);
    assert.equal(retryAfterSeconds(inSeconds(-90)), 0);
    assert.equal(retryAfterSeconds(inSeconds(7200)), 3600);
    return Promise.resolve();
  }));

Deno.test("no header, and one that says nothing, are unknown", () => {
  for (const header of [null, undefined, "", " ", "soon", "NaN"]) {
    assert.equal(retryAfterSeconds(header), undefined);
  }
});
