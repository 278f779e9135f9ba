import { deepEqual, equal } from "node:assert/strict";
import { Failure } from "../api/failure.ts";
import { waitFor } from "./back_off.ts";

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
