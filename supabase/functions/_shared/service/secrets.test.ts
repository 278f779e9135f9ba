import assert from "node:assert/strict";
import { withoutSecrets } from "./secrets.ts";

Deno.test("a credential is hidden wherever it stands", () => {
  assert.equal(
    withoutSecrets("key re_12345678 at re_12345678, re_12345678", [
      "re_12345678",
    ]),
    "key [hidden] at [hidden], [hidden]",
  );
});

Deno.test("each of several credentials is hidden", () => {
  assert.equal(
    withoutSecrets("first-secret and second-secret", [
      "first-secret",
      "second-secret",
    ]),
    "[hidden] and [hidden]",
  );
});

Deno.test("a credential is hidden from eight characters on", () => {
  assert.equal(withoutSecrets("12345678", ["12345678"]), "[hidden]");
  assert.equal(withoutSecrets("1234567", ["1234567"]), "1234567");
  assert.equal(withoutSecrets("a text", [""]), "a text");
});
