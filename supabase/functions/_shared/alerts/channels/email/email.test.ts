import assert from "node:assert/strict";
import { parseEnvironment } from "../../../environment.ts";
import type { Channel, SendResult } from "../../channel.ts";
import { sampleAlert } from "../../testing/samples.ts";
import { startService, unusedOrigin } from "../../testing/service.ts";
import { email } from "./email.ts";

const API_KEY = "re_of_the_test_0123456789";
const ACCOUNT = {
  RESEND_API_KEY: API_KEY,
  ALERT_EMAIL_FROM: "Duewatch <alerts@example.com>",
  ALERT_EMAIL_TO: "mario@example.com, on-call@example.com",
};

function configure(variables: Record<string, string>) {
  return email.configure(
    parseEnvironment(email.variables, (name) => variables[name]),
  );
}

function channelAt(origin: string): Channel {
  const configured = configure({ ...ACCOUNT, RESEND_BASE_URL: origin });
  assert(configured.kind === "on");
  return configured.channel;
}

const patience = () => new AbortController().signal;

async function resultOf(answer: () => Response): Promise<SendResult> {
  await using service = startService(answer);
  return await channelAt(service.origin).send(
    sampleAlert("run_failed"),
    patience(),
  );
}

Deno.test("an alert is one mail to everybody, under a key of its own", async () => {
  await using service = startService(() => Response.json({ id: "mail-1" }));
  const alert = sampleAlert("run_failed");
  const result = await channelAt(`${service.origin}/`).send(alert, patience());

  assert.deepEqual(result, { kind: "sent", reference: "mail-1" });
  const [{ method, path, headers, body }, ...others] = service.received;
  assert.deepEqual(others, []);
  assert.deepEqual({ method, path }, { method: "POST", path: "/emails" });
  assert.equal(headers.get("Authorization"), `Bearer ${API_KEY}`);
  assert.equal(headers.get("Idempotency-Key"), `duewatch-${alert.alert_id}`);

  const { html, text, ...mail } = JSON.parse(body);
  assert.deepEqual(mail, {
    from: "Duewatch <alerts@example.com>",
    to: ["mario@example.com", "on-call@example.com"],
    subject: "ALERT: Job Failed - update-installment-statuses",
  });
  assert.match(html, /^<!DOCTYPE html>/);
  assert.match(text, /^ALERT: Job Failed\n/);
});

Deno.test("a repeated attempt sends the same bytes: else the key would conflict", async () => {
  await using service = startService(() => Response.json({ id: "mail-1" }));
  const channel = channelAt(service.origin);
  const alert = sampleAlert("job_recovered");
  await channel.send(alert, patience());
  await channel.send(alert, patience());
  assert.equal(service.received[0].body, service.received[1].body);
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
      pausesChannel: true,
    },
  },
  {
    status: 429,
    name: "daily_quota_exceeded",
    expected: {
      kind: "transient",
      reason: "Resend answered 429: daily_quota_exceeded: the words of Resend",
      retryAfterSeconds: 900,
      pausesChannel: true,
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
      pausesChannel: true,
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
    status: 409,
    name: "invalid_idempotent_request",
    expected: { kind: "sent" },
  },
  {
    status: 403,
    name: "validation_error",
    expected: {
      kind: "permanent",
      reason: "Resend answered 403: validation_error: the words of Resend",
    },
  },
  {
    status: 403,
    name: "invalid_api_key",
    expected: {
      kind: "permanent",
      reason: "Resend answered 403: invalid_api_key: the words of Resend",
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

Deno.test("a success without a readable body is tried again under the same key", async () => {
  const result = await resultOf(() => new Response("queued"));
  assert.equal(result.kind, "transient");
});

Deno.test("nobody there is transient", async () => {
  const result = await channelAt(unusedOrigin()).send(
    sampleAlert("run_failed"),
    patience(),
  );
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
  const sending = channelAt(service.origin).send(
    sampleAlert("run_failed"),
    stop.signal,
  );
  await asked.promise;
  const reason = new Error("the time is up");
  stop.abort(reason);
  await assert.rejects(sending, reason);
  answer.resolve(Response.json({ id: "mail-1" }));
});

Deno.test("without any of its variables email is off and says what to set", () => {
  const off = {
    kind: "off",
    reason: "RESEND_API_KEY, ALERT_EMAIL_FROM, ALERT_EMAIL_TO are not set.",
  };
  assert.deepEqual(configure({}), off);
  assert.deepEqual(configure({ DASHBOARD_URL: "https://a.example.com" }), off);
});

Deno.test("a half-configured channel stops the start and names what is missing", () => {
  for (
    const { given, missing } of [
      {
        given: { RESEND_API_KEY: API_KEY },
        missing: "ALERT_EMAIL_FROM, ALERT_EMAIL_TO",
      },
      {
        given: { ALERT_EMAIL_TO: "mario@example.com" },
        missing: "RESEND_API_KEY, ALERT_EMAIL_FROM",
      },
      {
        given: { ...ACCOUNT, ALERT_EMAIL_FROM: "" },
        missing: "ALERT_EMAIL_FROM",
      },
    ] as { given: Record<string, string>; missing: string }[]
  ) {
    assert.throws(() => configure(given), (error) => {
      assert(error instanceof Error);
      assert.equal(error.name, "EnvironmentError");
      assert(error.message.endsWith(`Still to be set: ${missing}.`));
      assert.doesNotMatch(error.message, /re_of_the_test|example\.com/);
      return true;
    });
  }
});

Deno.test("a bad value is refused by name and not repeated", () => {
  for (
    const [name, value] of [
      ["RESEND_API_KEY", "re_k\u00e4y-of-ours"],
      ["ALERT_EMAIL_FROM", "Duewatch"],
      ["ALERT_EMAIL_FROM", "Duewatch <alerts>"],
      ["ALERT_EMAIL_FROM", "a@example.com\r\nBcc: b@example.com"],
      ["ALERT_EMAIL_TO", "mario@example.com; on-call@example.com"],
      ["ALERT_EMAIL_TO", " , "],
      ["ALERT_EMAIL_TO", Array(51).fill("a@example.com").join()],
      ["RESEND_BASE_URL", "http://api.resend.com"],
      ["DASHBOARD_URL", "javascript:alert(1)"],
      ["RUNBOOK_URL", "docs/runbooks"],
    ]
  ) {
    assert.throws(() => configure({ ...ACCOUNT, [name]: value }), (error) => {
      assert(error instanceof Error);
      assert.equal(error.name, "EnvironmentError");
      assert(error.message.includes(`${name}: m`), error.message);
      assert(!error.message.includes(value), error.message);
      return true;
    });
  }
});

Deno.test("senders and recipients may have a name", () => {
  const configured = configure({
    ...ACCOUNT,
    ALERT_EMAIL_FROM: "alerts@example.com",
    ALERT_EMAIL_TO: "Mario <mario@example.com>,,on-call@example.com,",
  });
  assert.equal(configured.kind, "on");
});
