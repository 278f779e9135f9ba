import assert from "node:assert/strict";
import { join } from "node:path";
import { StackError } from "./errors.ts";
import { ensureKeys, generateKeys, jsonWebKeySet } from "./keys.ts";

async function inFolder(work: (folder: string) => Promise<void>) {
  const folder = await Deno.makeTempDir();
  try {
    await work(folder);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

Deno.test("keys are made once, for their owner only, and kept", async () => {
  await inFolder(async (folder) => {
    const file = join(folder, "keys.json");
    const first = await ensureKeys(file);
    assert.equal(((await Deno.stat(file)).mode ?? 0) & 0o777, 0o600);
    assert.deepEqual(await ensureKeys(file), first);
  });
});

Deno.test("two stacks have no secret in common", () => {
  const [one, other] = [generateKeys(), generateKeys()];
  assert.notEqual(one.jobsApiKey, other.jobsApiKey);
  assert.notEqual(one.secretKey, other.secretKey);
});

Deno.test("damaged keys are named, not replaced", async () => {
  await inFolder(async (folder) => {
    const file = join(folder, "keys.json");
    await Deno.writeTextFile(file, "{");
    await assert.rejects(ensureKeys(file), StackError);
  });
});

Deno.test("the key set holds the secret that signs user tokens", () => {
  const keys = generateKeys();
  const [key] = JSON.parse(jsonWebKeySet(keys)).keys;
  const secret = atob(key.k.replaceAll("-", "+").replaceAll("_", "/"));
  assert.equal(secret, keys.jwtSecret);
  assert.equal(key.kid, keys.jwtKeyId);
});
