import assert from "node:assert/strict";
import { createFunctionApp } from "../http/app.ts";
import { createLogger } from "../logger.ts";
import { requireJobKey } from "./require-job-key.ts";
import { nearMisses, sha256, watchComparisons } from "./testing/keys.ts";

const KEYS = ["Job-Key-1", "Other-Job-Key-22"];

/** Asks for something behind the door with these headers. */
function doorWith(keys: readonly string[]) {
  const log = createLogger(() => {});
  const app = createFunctionApp("POST", log);
  app.post("*", requireJobKey(keys), (context) => context.text("come in"));
  return async (headers: HeadersInit) => {
    const request = new Request("http://localhost/job", {
      method: "POST",
      headers,
    });
    return (await app.fetch(request)).status;
  };
}

const waysOf = (key: string): HeadersInit[] => [
  { "X-API-Key": key },
  { Authorization: `Bearer ${key}` },
];

Deno.test("each job key opens, in either header", async () => {
  const knock = doorWith(KEYS);
  for (const headers of KEYS.flatMap(waysOf)) {
    assert.equal(await knock(headers), 200, JSON.stringify(headers));
  }
});

Deno.test("what is nearly a job key does not open, in neither header", async () => {
  const knock = doorWith(KEYS);
  for (const headers of KEYS.flatMap(nearMisses).flatMap(waysOf)) {
    assert.equal(await knock(headers), 401, JSON.stringify(headers));
  }
  assert.equal(await knock({ "X-API-Key": "" }), 401);
  assert.equal(await knock({}), 401);
});

Deno.test("a job key is compared in constant time with every accepted key", async () => {
  const knock = doorWith(KEYS);
  using comparisons = watchComparisons();
  for (const presented of [KEYS[0], KEYS[1], "wrong"]) {
    await knock({ "X-API-Key": presented });
    assert.deepEqual(
      comparisons.take(),
      KEYS.map((key) => [sha256(presented), sha256(key)]),
    );
  }
});
