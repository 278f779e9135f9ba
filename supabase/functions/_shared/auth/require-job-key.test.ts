import assert from "node:assert/strict";
import { createFunctionApp } from "../http/app.ts";
import { createLogger } from "../logger.ts";
import { requireJobKey } from "./require-job-key.ts";
import { nearMisses, sha256, watchComparisons } from "./testing/keys.ts";

const KEYS = ["Job-Key-1", "Other-Job-Key-22"];
const SECRET_KEYS = ["sb_secret_1", "sb_secret_2"];
const LEGACY_KEY = "legacy.service-role.key";

/** Asks for something behind the door with these headers. */
function doorWith(keys: readonly string[], secretKeys: readonly string[] = []) {
  const log = createLogger(() => {});
  const app = createFunctionApp("POST", log);
  app.post(
    "*",
    requireJobKey({
      JOBS_API_KEY: [...keys],
      SUPABASE_FUNCTION_KEY: [],
      SUPABASE_SECRET_KEYS: Object.fromEntries(secretKeys.entries()),
      SUPABASE_SERVICE_ROLE_KEY: LEGACY_KEY,
    }),
    (context) => context.text("come in"),
  );
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

const waysOfSecret = (key: string): HeadersInit[] => [
  { apikey: key },
  { Authorization: `Bearer ${key}` },
  // What supabase-js sends.
  { apikey: key, Authorization: `Bearer ${key}` },
];

Deno.test("each secret key of the project opens, as apikey or bearer token, also while there is no job key", async () => {
  for (const jobKeys of [KEYS, []]) {
    const knock = doorWith(jobKeys, SECRET_KEYS);
    for (
      const headers of [...SECRET_KEYS, LEGACY_KEY].flatMap(waysOfSecret)
    ) {
      assert.equal(await knock(headers), 200, JSON.stringify(headers));
    }
  }
});

Deno.test("what is nearly a secret key does not open, and none does as X-API-Key", async () => {
  const knock = doorWith(KEYS, SECRET_KEYS);
  const wrong = [...SECRET_KEYS, LEGACY_KEY].flatMap(nearMisses);
  for (const headers of ["", ...wrong].flatMap(waysOfSecret)) {
    assert.equal(await knock(headers), 401, JSON.stringify(headers));
  }
  for (const key of SECRET_KEYS) {
    assert.equal(await knock({ "X-API-Key": key }), 401);
    assert.equal(await knock({ "X-API-Key": "wrong", apikey: key }), 401);
  }
});

Deno.test("while there is no job key, another key is a 503", async () => {
  const knock = doorWith([], SECRET_KEYS);
  assert.equal(await knock({ "X-API-Key": KEYS[0] }), 503);
  assert.equal(await knock({ apikey: KEYS[0] }), 503);
  assert.equal(await knock({}), 503);
});
