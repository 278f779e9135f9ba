import { deepEqual, equal } from "node:assert/strict";
import { Failure } from "../api/failure.ts";
import { mustWait, waitFor } from "./back_off.ts";

Deno.test("what fails again and again is asked less and less often, every five minutes at least", () => {
  deepEqual(
    [0, 1, 2, 3, 5, 50].map((failures) => waitFor(15_000, failures, null)),
    [15_000, 30_000, 60_000, 120_000, 300_000, 300_000],
  );
});

Deno.test("a server that asks for more time gets it", () => {
  const refused = new Failure("refused", "", { retryAfterMs: 90_000 });
  equal(waitFor(15_000, 1, refused), 90_000);
  equal(waitFor(15_000, 4, refused), 240_000);
  equal(waitFor(15_000, 1, new Error()), 30_000);
});

Deno.test("a reader who comes back makes the page ask at once, unless the server has asked for time", () => {
  const refused = new Failure("refused", "", { retryAfterMs: 90_000 });
  equal(mustWait(refused, 1000, 90_999), true);
  equal(mustWait(refused, 1000, 91_000), false);
  equal(mustWait(new Failure("unreachable", ""), 1000, 1000), false);
  equal(mustWait(null, 0, 1000), false);
});
