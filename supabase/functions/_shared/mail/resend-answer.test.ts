import assert from "node:assert/strict";
import { readResendAnswer } from "./resend-answer.ts";

/** How Resend's refusal under this name is read. */
function refusedAs(
  name: string,
  { status = 429, headers = {} }: {
    readonly status?: number;
    readonly headers?: Record<string, string>;
  } = {},
) {
  const text = JSON.stringify({ statusCode: status, name, message: "No." });
  return readResendAnswer({ status, headers: new Headers(headers), text }, []);
}

for (const name of ["daily_quota_exceeded", "monthly_quota_exceeded"]) {
  Deno.test(`${name} pauses all mails for a quarter of an hour`, () => {
    assert.deepEqual(refusedAs(name), {
      kind: "transient",
      reason: `Resend answered 429: ${name}: No.`,
      retryAfterSeconds: 900,
      concernsAll: true,
    });
  });

  Deno.test(`${name} pauses all mails for as long as Resend says`, () => {
    const result = refusedAs(name, { headers: { "retry-after": "60" } });
    assert(result.kind === "transient");
    assert.equal(result.retryAfterSeconds, 60);
  });
}

Deno.test("a limit of the rate pauses all mails for a second", () => {
  const result = refusedAs("rate_limit_exceeded");
  assert(result.kind === "transient");
  assert.equal(result.retryAfterSeconds, 1);
  assert.equal(result.concernsAll, true);
});
