import assert from "node:assert/strict";
import { shareInFlight } from "./share-in-flight.ts";

/** Questions that are answered when the test says so. */
function setUp() {
  const asked: PromiseWithResolvers<string>[] = [];
  const share = shareInFlight<string>();
  return {
    asked,
    put: (question: string) =>
      share(question, () => {
        const asking = Promise.withResolvers<string>();
        asked.push(asking);
        return asking.promise;
      }),
  };
}

Deno.test("callers who ask the same at once share one answer", async () => {
  const { asked, put } = setUp();
  const answers = [put("a"), put("a"), put("a")];
  assert.equal(asked.length, 1);
  asked[0].resolve("one");
  assert.deepEqual(await Promise.all(answers), ["one", "one", "one"]);
});

Deno.test("a question after the answer is asked again", async () => {
  const { asked, put } = setUp();
  const first = put("a");
  asked[0].resolve("one");
  assert.equal(await first, "one");

  const second = put("a");
  assert.equal(asked.length, 2);
  asked[1].resolve("two");
  assert.equal(await second, "two");
});

Deno.test("another question has an answer of its own", async () => {
  const { asked, put } = setUp();
  const answers = [put("a"), put("b")];
  asked[1].resolve("of b");
  asked[0].resolve("of a");
  assert.deepEqual(await Promise.all(answers), ["of a", "of b"]);
});

Deno.test("a failure is shared, and over with those who shared it", async () => {
  const { asked, put } = setUp();
  const answers = [put("a"), put("a")];
  asked[0].reject(new Error("away"));
  for (const { status } of await Promise.allSettled(answers)) {
    assert.equal(status, "rejected");
  }
  const next = put("a");
  asked[1].resolve("back");
  assert.equal(await next, "back");
});
