import { deepEqual, equal, match, notEqual, rejects } from "node:assert/strict";
import { resendRefusals, type ResendStandIn, startResend } from "./resend.ts";
import { acceptedThenReset, hang, inTurn, reset } from "./scenario.ts";

const EMAIL = {
  from: "Duewatch <alerts@example.com>",
  to: ["ops@example.com", "Backup <backup@example.com>"],
  subject: "ALERT",
  html: "<p>hello</p>",
  text: "hello",
};

Deno.test("a mail is sent and has an id", async () => {
  await using resend = await startResend();
  const answer = await post(resend, EMAIL);
  equal(answer.status, 200);
  match(answer.body.id, /^[0-9a-f-]{36}$/);
  const [call] = resend.calls.entries;
  equal(call.delivered, true);
  deepEqual(call.email, EMAIL);
});

Deno.test("the same key and mail once more give the same id and no second mail", async () => {
  await using resend = await startResend();
  const first = await post(resend, EMAIL, { "Idempotency-Key": "k" });
  const second = await post(resend, EMAIL, { "Idempotency-Key": "k" });
  deepEqual(second, first);
  deepEqual(resend.calls.entries.map(({ delivered }) => delivered), [
    true,
    false,
  ]);
});

Deno.test("without a key, and with another, the mail is sent again", async () => {
  await using resend = await startResend();
  const ids = [
    await post(resend, EMAIL),
    await post(resend, EMAIL),
    await post(resend, EMAIL, { "Idempotency-Key": "a" }),
    await post(resend, EMAIL, { "Idempotency-Key": "b" }),
  ].map(({ body }) => body.id);
  equal(new Set(ids).size, 4);
});

Deno.test("the same key for another mail is answered 409", async () => {
  await using resend = await startResend();
  await post(resend, EMAIL, { "Idempotency-Key": "k" });
  const { status, body } = await post(
    resend,
    { ...EMAIL, subject: "Other" },
    { "Idempotency-Key": "k" },
  );
  equal(status, 409);
  equal(body.name, "invalid_idempotent_request");
});

Deno.test("a key of a mail that was refused takes no other mail", async () => {
  await using resend = await startResend();
  const headers = { "Idempotency-Key": "k" };
  const wrong = { ...EMAIL, to: ["nobody"] };
  equal((await post(resend, wrong, headers)).status, 422);
  const corrected = await post(resend, EMAIL, headers);
  equal(corrected.status, 409);
  equal(corrected.body.name, "invalid_idempotent_request");
  equal((await post(resend, EMAIL, { "Idempotency-Key": "k-2" })).status, 200);
});

Deno.test("a mail that was refused may have its key again when it is the same", async () => {
  await using resend = await startResend();
  resend.follow(inTurn(resendRefusals.domainNotVerified));
  const headers = { "Idempotency-Key": "k" };
  equal((await post(resend, EMAIL, headers)).status, 403);
  const first = await post(resend, EMAIL, headers);
  equal(first.status, 200);
  deepEqual(await post(resend, EMAIL, headers), first);
  deepEqual(
    resend.calls.entries.map(({ delivered }) => delivered),
    [false, true, false],
  );
});

Deno.test("a mail that came too fast leaves its key free", async () => {
  await using resend = await startResend();
  resend.follow(inTurn(resendRefusals.rateLimited(1)));
  const headers = { "Idempotency-Key": "k" };
  equal((await post(resend, EMAIL, headers)).status, 429);
  const other = { ...EMAIL, subject: "Other" };
  equal((await post(resend, other, headers)).status, 200);
});

Deno.test("a repetition while the first call is under way is answered 409", async () => {
  await using resend = await startResend();
  resend.follow(inTurn(hang));
  const giveUp = new AbortController();
  const headers = { "Idempotency-Key": "k" };
  const hanging = post(resend, EMAIL, headers, giveUp.signal);
  const refused = rejects(hanging, { name: "AbortError" });
  await resend.calls.first(({ fault }) => fault === "hang");
  const concurrent = await post(resend, EMAIL, headers);
  equal(concurrent.status, 409);
  equal(concurrent.body.name, "concurrent_idempotent_requests");

  giveUp.abort();
  await refused;
  let status: number;
  // The server notices the end a moment after the caller.
  do ({ status } = await post(resend, EMAIL, headers)); while (status === 409);
  equal(status, 200);
  equal(resend.calls.entries.filter(({ delivered }) => delivered).length, 1);
});

Deno.test("a mail that was accepted before the connection broke is not sent twice", async () => {
  await using resend = await startResend();
  resend.follow(inTurn(reset, acceptedThenReset));
  const headers = { "Idempotency-Key": "k" };
  await rejects(post(resend, EMAIL, headers), TypeError);
  await rejects(post(resend, EMAIL, headers), TypeError);
  equal((await post(resend, EMAIL, headers)).status, 200);
  deepEqual(
    resend.calls.entries.map(({ delivered }) => delivered),
    [false, true, false],
  );
});

Deno.test("a call without a key is answered 401, with a wrong one 403", async () => {
  await using resend = await startResend();
  const { Authorization: _, ...none } = headersOf(resend);
  const missing = await send(resend, EMAIL, none);
  equal(missing.status, 401);
  equal(missing.body.name, "missing_api_key");
  const wrong = await post(resend, EMAIL, { Authorization: "Bearer re_x" });
  equal(wrong.status, 403);
  equal(wrong.body.name, "invalid_api_key");
});

const INVALID = "validation_error";
const MISSING = "missing_required_field";

const REFUSED: readonly (readonly [string, unknown, string])[] = [
  ["no sender", { ...EMAIL, from: undefined }, MISSING],
  ["no recipient", { ...EMAIL, to: undefined }, MISSING],
  ["no subject", { ...EMAIL, subject: undefined }, MISSING],
  [
    "no content",
    { ...EMAIL, html: undefined, text: undefined },
    MISSING,
  ],
  ["a recipient that is no address", { ...EMAIL, to: "ops" }, INVALID],
  ["an empty list of recipients", { ...EMAIL, to: [] }, INVALID],
  ["51 recipients", { ...EMAIL, to: Array(51).fill("a@example.com") }, INVALID],
  ["a sender that is no address", { ...EMAIL, from: "Ops <ops>" }, INVALID],
  ["a subject of two lines", { ...EMAIL, subject: "a\nBcc: b" }, INVALID],
  ["a list", [], INVALID],
];

for (const [what, email, error] of REFUSED) {
  Deno.test(`${what} is answered 422 ${error}`, async () => {
    await using resend = await startResend();
    const { status, body } = await post(resend, email);
    equal(status, 422);
    equal(body.name, error);
    equal(body.statusCode, 422);
    notEqual(body.message, "");
  });
}

Deno.test("a key of more than 256 characters is answered 400", async () => {
  await using resend = await startResend();
  const at = (length: number) => ({ "Idempotency-Key": "x".repeat(length) });
  equal((await post(resend, EMAIL, at(256))).status, 200);
  const { status, body } = await post(resend, EMAIL, at(257));
  equal(status, 400);
  equal(body.name, "invalid_idempotency_key");
});

Deno.test("its own errors have the status and the name that Resend gives them", async () => {
  await using resend = await startResend();
  const { applicationError, quotaExceeded, rateLimited } = resendRefusals;
  resend.follow(inTurn(applicationError, rateLimited(7), quotaExceeded));
  const failed = await post(resend, EMAIL);
  equal(failed.status, 500);
  equal(failed.body.name, "application_error");
  const limited = await post(resend, EMAIL);
  equal(limited.status, 429);
  equal(limited.body.name, "rate_limit_exceeded");
  equal(limited.headers.get("retry-after"), "7");
  const exhausted = await post(resend, EMAIL);
  equal(exhausted.status, 429);
  equal(exhausted.body.name, "daily_quota_exceeded");
});

interface Answered {
  readonly status: number;
  readonly headers: Headers;
  readonly body: Readonly<Record<string, string>>;
}

function headersOf({ apiKey }: ResendStandIn) {
  return {
    Authorization: `Bearer ${apiKey}`,
    "Content-Type": "application/json",
  };
}

async function post(
  resend: ResendStandIn,
  email: unknown,
  headers: Readonly<Record<string, string>> = {},
  signal?: AbortSignal,
): Promise<Answered> {
  return await send(
    resend,
    email,
    { ...headersOf(resend), ...headers },
    signal,
  );
}

async function send(
  { baseUrl }: ResendStandIn,
  email: unknown,
  headers: Readonly<Record<string, string>>,
  signal?: AbortSignal,
): Promise<Answered> {
  const answer = await fetch(`${baseUrl}/emails`, {
    method: "POST",
    headers,
    body: JSON.stringify(email),
    signal,
  });
  return {
    status: answer.status,
    headers: answer.headers,
    body: await answer.json(),
  };
}
