import assert from "node:assert/strict";
import type { SendResult } from "../service/send-result.ts";
import { startService, unusedOrigin } from "../testing/service.ts";
import { type AddressedMail, createMailSender } from "./sender.ts";

const API_KEY = "re_of_the_test_0123456789";

const mail: AddressedMail = {
  from: "Duewatch <duewatch@example.com>",
  to: ["accounts@example.com", "Office <office@example.com>"],
  subject: "12 overdue installments",
  html: "<p>12</p>",
  text: "12",
};

const senderAt = (baseUrl: string) =>
  createMailSender({ apiKey: API_KEY, baseUrl });

const options = (signal = new AbortController().signal) => ({
  idempotencyKey: "digest/2026-W48/1",
  signal,
});

async function resultOf(answer: () => Response): Promise<SendResult> {
  await using service = startService(answer);
  return await senderAt(service.origin)(mail, options());
}

Deno.test("a mail is handed in as it is, under its key", async () => {
  await using service = startService(() => Response.json({ id: "mail-1" }));
  const result = await senderAt(`${service.origin}/`)(mail, options());

  assert.deepEqual(result, { kind: "sent", reference: "mail-1" });
  const [{ method, path, headers, body }, ...others] = service.received;
  assert.deepEqual(others, []);
  assert.deepEqual({ method, path }, { method: "POST", path: "/emails" });
  assert.equal(headers.get("Authorization"), `Bearer ${API_KEY}`);
  assert.equal(headers.get("Idempotency-Key"), "digest/2026-W48/1");
  assert.deepEqual(JSON.parse(body), mail);
});

const refusals: {
  status: number;
  name: string;
  headers?: Record<string, string>;
  expected: SendResult;
}[] = [
  {
    status: 429,
    name: "rate_limit_exceeded",
    headers: { "retry-after": "3" },
    expected: {
      kind: "transient",
      reason: "Resend answered 429: rate_limit_exceeded: the words of Resend",
      retryAfterSeconds: 3,
      concernsAll: true,
    },
  },
  {
    status: 429,
    name: "daily_quota_exceeded",
    expected: {
      kind: "transient",
      reason: "Resend answered 429: daily_quota_exceeded: the words of Resend",
      retryAfterSeconds: 900,
      concernsAll: true,
    },
  },
  {
    status: 429,
    name: "monthly_quota_exceeded",
    headers: { "retry-after": "60" },
    expected: {
      kind: "transient",
      reason:
        "Resend answered 429: monthly_quota_exceeded: the words of Resend",
      retryAfterSeconds: 60,
      concernsAll: true,
    },
  },
  {
    status: 500,
    name: "internal_server_error",
    expected: {
      kind: "transient",
      reason: "Resend answered 500: internal_server_error: the words of Resend",
    },
  },
  {
    status: 409,
    name: "concurrent_idempotent_requests",
    expected: {
      kind: "transient",
      reason: "Resend is still at work on an earlier attempt.",
    },
  },
  {
    status: 403,
    name: "validation_error",
    expected: {
      kind: "permanent",
      reason: "Resend answered 403: validation_error: the words of Resend",
      concernsAll: true,
    },
  },
  {
    status: 403,
    name: "invalid_api_key",
    expected: {
      kind: "permanent",
      reason: "Resend answered 403: invalid_api_key: the words of Resend",
      concernsAll: true,
    },
  },
];

for (const { status, name, headers, expected } of refusals) {
  Deno.test(`${status} ${name} is ${expected.kind}`, async () => {
    const body = { statusCode: status, name, message: "the words of Resend" };
    const result = await resultOf(() =>
      Response.json(body, { status, headers })
    );
    assert.deepEqual(result, expected);
  });
}

Deno.test("an answer that is not Resend's is transient when it is a 5xx", async () => {
  const result = await resultOf(() =>
    new Response("<h1>Bad Gateway</h1>", { status: 502 })
  );
  assert.equal(result.kind, "transient");
});

Deno.test("JSON of an unknown form is transient: the key keeps a repeat from doing harm", async () => {
  for (const body of [null, [], "busy", { error: "busy" }]) {
    const result = await resultOf(() => Response.json(body, { status: 503 }));
    assert.equal(result.kind, "transient", JSON.stringify(body));
  }
});

const UNCONFIRMED: readonly Response[] = [
  Response.json({}),
  Response.json({ id: "" }),
  Response.json({ id: 7 }),
  Response.json({ data: { id: "mail-1" } }),
  new Response(null, { status: 204 }),
  new Response("<form>", { status: 200 }),
  new Response(`{"id":"${"x".repeat(10_000)}"}`),
];

for (const answer of UNCONFIRMED) {
  Deno.test(`${answer.status} without an id does not count as sent (${UNCONFIRMED.indexOf(answer)})`, async () => {
    const { kind } = await resultOf(() => answer);
    assert.equal(kind, "transient");
  });
}

for (const status of [301, 302, 303, 307, 308]) {
  Deno.test(`a redirect (${status}) is not followed`, async () => {
    await using elsewhere = startService(() => Response.json({ id: "mail-1" }));
    const result = await resultOf(() =>
      Response.redirect(elsewhere.origin, status)
    );
    assert(result.kind === "permanent");
    assert.equal(result.concernsAll, true);
    assert.deepEqual(elsewhere.received, []);
  });
}

/** Resend, where the first key belongs to another mail. */
function startWithTakenKey() {
  let calls = 0;
  return startService(() =>
    ++calls > 1 ? Response.json({ id: "mail-2" }) : Response.json(
      { statusCode: 409, name: "invalid_idempotent_request", message: "no" },
      { status: 409 },
    )
  );
}

Deno.test("a mail whose key belongs to another gets a key of its own content", async () => {
  const keys: (string | null)[] = [];
  for (const subject of ["one", "one", "two"]) {
    await using service = startWithTakenKey();
    const send = senderAt(service.origin);
    const result = await send({ ...mail, subject }, options());
    assert.deepEqual(result, { kind: "sent", reference: "mail-2" });
    const [first, second, ...others] = service.received
      .map(({ headers }) => headers.get("Idempotency-Key"));
    assert.equal(first, "digest/2026-W48/1");
    assert.deepEqual(others, []);
    keys.push(second);
  }
  assert.match(keys[0] ?? "", /^digest\/2026-W48\/1\/[0-9a-f]{16}$/);
  assert.equal(keys[0], keys[1]);
  assert.notEqual(keys[0], keys[2]);
});

Deno.test("it counts as sent where only an accepted mail can have the key", async () => {
  await using service = startWithTakenKey();
  const result = await senderAt(service.origin)(mail, {
    ...options(),
    mayBeSent: true,
  });
  assert.deepEqual(result, { kind: "sent" });
  assert.equal(service.received.length, 1);
});

Deno.test("a success without a readable body is tried again under the same key", async () => {
  const result = await resultOf(() => new Response("queued"));
  assert.equal(result.kind, "transient");
});

Deno.test("an unreachable service is transient", async () => {
  const result = await senderAt(unusedOrigin())(mail, options());
  assert(result.kind === "transient");
  assert.match(result.reason, /^Resend could not be reached: /);
});

Deno.test("a service that echoes the key does not get it into the result", async () => {
  const result = await resultOf(() =>
    Response.json({
      statusCode: 401,
      name: "restricted_api_key",
      message: `the key ${API_KEY} may not send`,
    }, { status: 401 })
  );
  assert.deepEqual(result, {
    kind: "permanent",
    reason:
      "Resend answered 401: restricted_api_key: the key [hidden] may not send",
    concernsAll: true,
  });
});

Deno.test("the service's words are cut to 300 characters", async () => {
  const result = await resultOf(() =>
    Response.json({
      statusCode: 422,
      name: "validation_error",
      message: "x".repeat(5000),
    }, { status: 422 })
  );
  assert(result.kind === "permanent");
  assert.equal(result.reason.length, "Resend answered 422: ".length + 300);
});

Deno.test("an aborted send rejects with the signal's reason", async () => {
  const asked = Promise.withResolvers<void>();
  const answer = Promise.withResolvers<Response>();
  await using service = startService(() => {
    asked.resolve();
    return answer.promise;
  });
  const stop = new AbortController();
  const sending = senderAt(service.origin)(mail, options(stop.signal));
  await asked.promise;
  const reason = new Error("the time is up");
  stop.abort(reason);
  await assert.rejects(sending, reason);
  answer.resolve(Response.json({ id: "mail-1" }));
});

Deno.test("a service that echoes a recipient does not get it into the result", async () => {
  const result = await resultOf(() =>
    Response.json({
      statusCode: 422,
      name: "validation_error",
      message: "accounts@example.com is on the suppression list",
    }, { status: 422 })
  );
  assert.deepEqual(result, {
    kind: "permanent",
    reason:
      "Resend answered 422: validation_error: [hidden] is on the suppression list",
  });
});

Deno.test("the address of a recipient with a name is hidden, too", async () => {
  const result = await resultOf(() =>
    Response.json({
      statusCode: 422,
      name: "validation_error",
      message: "office@example.com is on the suppression list",
    }, { status: 422 })
  );
  assert(result.kind === "permanent");
  assert.match(result.reason, /: \[hidden\] is on/);
});

Deno.test("a problem of the account concerns every mail", async () => {
  const concernsAll = async (status: number, name: string) => {
    const body = { statusCode: status, name, message: "no" };
    const result = await resultOf(() => Response.json(body, { status }));
    assert(result.kind === "permanent");
    return result.concernsAll ?? false;
  };
  assert.equal(await concernsAll(401, "missing_api_key"), true);
  assert.equal(await concernsAll(403, "invalid_api_key"), true);
  assert.equal(await concernsAll(403, "validation_error"), true);
  assert.equal(await concernsAll(404, "not_found"), true);
  assert.equal(await concernsAll(405, "method_not_allowed"), true);
  assert.equal(await concernsAll(422, "validation_error"), false);
  assert.equal(await concernsAll(400, "validation_error"), false);
});
