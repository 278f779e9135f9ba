import assert from "node:assert/strict";
import { onFakeTime } from "./fake-time.ts";

Deno.test("a delay takes no time, and the clock is right again afterwards", async () => {
  const { setTimeout: real } = globalThis;
  await onFakeTime(async () => {
    const before = Date.now();
    await new Promise<void>((resolve) => setTimeout(resolve, 60_000));
    assert.equal(Date.now() - before, 60_000);
  });
  assert.equal(globalThis.setTimeout, real);
});

Deno.test("a timer that is left running is an error", async () => {
  await assert.rejects(
    onFakeTime(async () => {
      await Promise.resolve();
      setTimeout(() => {}, 60_000);
    }),
    /a timer was left running/,
  );
});
