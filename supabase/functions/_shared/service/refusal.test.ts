import assert from "node:assert/strict";
import { classifyRefusal, withoutSecrets } from "./refusal.ts";

const of = (status: number, retryAfterSeconds?: number) =>
  classifyRefusal({
    service: "Slack",
    status,
    message: "no",
    retryAfterSeconds,
    secrets: [],
  });

Deno.test("only 408, 429 and 5xx may pass", () => {
  for (const status of [408, 429, 500, 502, 503, 504, 529, 599]) {
    assert.equal(of(status).kind, "transient", String(status));
  }
  for (const status of [302, 400, 401, 403, 404, 405, 409, 410, 413, 422]) {
    assert.equal(of(status).kind, "permanent", String(status));
  }
});

Deno.test("a 429 speaks of all messages, and is always waited for", () => {
  assert.deepEqual(of(429), {
    kind: "transient",
    reason: "Slack answered 429: no",
    retryAfterSeconds: 1,
    concernsAll: true,
  });
  const result = of(429, 40);
  assert(result.kind === "transient");
  assert.equal(result.retryAfterSeconds, 40);
});

Deno.test("a 503 speaks of one attempt", () => {
  const result = of(503, 40);
  assert(result.kind === "transient");
  assert.equal(result.retryAfterSeconds, 40);
  assert.equal(result.concernsAll, undefined);
});

Deno.test("a credential is hidden before the text is cut", () => {
  const secret = "re_0123456789";
  for (let before = 280; before < 310; before++) {
    const result = classifyRefusal({
      service: "Resend",
      status: 403,
      message: `${"x".repeat(before)} ${secret}`,
      retryAfterSeconds: undefined,
      secrets: [secret],
    });
    assert(result.kind === "permanent");
    assert.doesNotMatch(result.reason, /re_/);
  }
});

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
