import assert from "node:assert/strict";
import { parseEnvironment } from "../../../environment.ts";
import type { SendResult } from "../../../service/send-result.ts";
import type { Channel } from "../../channel.ts";
import { sampleAlert } from "../../testing/samples.ts";
import { startService, unusedOrigin } from "../../../testing/service.ts";
import { slack } from "./slack.ts";

const SECRET_PATH = "/services/T0123456/B0123456/abcdefghijklmnopqrstuvwx";

function configure(variables: Record<string, string>) {
  return slack.configure(
    parseEnvironment(slack.variables, (name) => variables[name]),
  );
}

function channelAt(origin: string): Channel {
  const configured = configure({ SLACK_WEBHOOK_URL: origin + SECRET_PATH });
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

Deno.test("an alert is posted to the webhook once, as JSON", async () => {
  await using service = startService(() => new Response("ok"));
  const result = await channelAt(service.origin).send(
    sampleAlert("run_failed"),
    patience(),
  );

  assert.deepEqual(result, { kind: "sent" });
  const [{ method, path, headers, body }, ...others] = service.received;
  assert.deepEqual(others, []);
  assert.deepEqual({ method, path }, { method: "POST", path: SECRET_PATH });
  assert.match(headers.get("Content-Type") ?? "", /^application\/json/);
  assert.deepEqual(Object.keys(JSON.parse(body)).sort(), [
    "blocks",
    "text",
    "unfurl_links",
    "unfurl_media",
  ]);
});

Deno.test("a repeated attempt posts the same bytes", async () => {
  await using service = startService(() => new Response("ok"));
  const channel = channelAt(service.origin);
  const alert = sampleAlert("job_recovered");
  await channel.send(alert, patience());
  await channel.send(alert, patience());
  assert.equal(service.received[0].body, service.received[1].body);
});

const refusals: {
  status: number;
  body: string;
  headers?: Record<string, string>;
  expected: SendResult;
}[] = [
  {
    status: 404,
    body: "no_service",
    expected: { kind: "permanent", reason: "Slack answered 404: no_service" },
  },
  {
    status: 403,
    body: "action_prohibited",
    expected: {
      kind: "permanent",
      reason: "Slack answered 403: action_prohibited",
    },
  },
  {
    status: 400,
    body: "",
    expected: {
      kind: "permanent",
      reason: "Slack answered 400: no reason was given",
    },
  },
  {
    status: 429,
    body: "rate_limited",
    headers: { "Retry-After": "30" },
    expected: {
      kind: "transient",
      reason: "Slack answered 429: rate_limited",
      retryAfterSeconds: 30,
      concernsAll: true,
    },
  },
  {
    status: 500,
    body: "rollup_error",
    expected: {
      kind: "transient",
      reason: "Slack answered 500: rollup_error",
    },
  },
  {
    status: 503,
    body: "<h1>busy</h1>\r\n",
    headers: { "Retry-After": "5" },
    expected: {
      kind: "transient",
      reason: "Slack answered 503: <h1>busy</h1>",
      retryAfterSeconds: 5,
    },
  },
];

for (const { status, body, headers, expected } of refusals) {
  Deno.test(`${status} ${body || "without a word"} is ${expected.kind}`, async () => {
    const result = await resultOf(() =>
      new Response(body, { status, headers })
    );
    assert.deepEqual(result, expected);
  });
}

for (
  const [status, body] of [
    [200, ""],
    [200, "<form>"],
    [200, "ok, but"],
    [200, '{"ok":false}'],
    [201, "ok"],
    [202, "ok"],
    [204, null],
  ] as const
) {
  Deno.test(`${status} ${JSON.stringify(body)} does not count as sent`, async () => {
    const { kind } = await resultOf(() => new Response(body, { status }));
    assert.equal(kind, "transient");
  });
}

Deno.test("an endless success is read to its limit and does not count as sent", async () => {
  const cancelled = Promise.withResolvers<void>();
  const { kind } = await resultOf(() =>
    new Response(
      new ReadableStream({
        pull: (controller) =>
          controller.enqueue(new TextEncoder().encode("ok".repeat(500))),
        cancel: () => cancelled.resolve(),
      }),
    )
  );
  assert.equal(kind, "transient");
  await cancelled.promise;
});

Deno.test("a redirect is not followed: it would turn the POST into a GET", async () => {
  await using signIn = startService(() => new Response("<form>"));
  const result = await resultOf(() => Response.redirect(signIn.origin, 302));
  assert.equal(result.kind, "permanent");
  assert.deepEqual(signIn.received, []);
});

Deno.test("an unreachable service is transient, and the webhook stays secret", async () => {
  const result = await channelAt(unusedOrigin()).send(
    sampleAlert("run_failed"),
    patience(),
  );
  assert(result.kind === "transient");
  assert.match(result.reason, /^Slack could not be reached: .*refused/i);
  assert.doesNotMatch(result.reason, /services|abcdefgh/);
});

Deno.test("a connection that breaks is transient", async () => {
  const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const breaking = (async () => {
    const connection = await listener.accept();
    await connection.read(new Uint8Array(1));
    connection.close();
  })();
  const result = await channelAt(`http://127.0.0.1:${listener.addr.port}`)
    .send(sampleAlert("run_failed"), patience());
  await breaking;
  listener.close();
  assert.equal(result.kind, "transient");
});

Deno.test("a service that echoes the webhook does not get it into the result", async () => {
  const echoes = [
    (origin: string) => `no such hook: ${origin}${SECRET_PATH}`,
    () => `no such hook: ${SECRET_PATH}`,
    () => "no such token: abcdefghijklmnopqrstuvwx",
    () => " ".repeat(290) + "abcdefghijklmnopqrstuvwx",
  ];
  for (const echo of echoes) {
    let text = "";
    await using service = startService(() =>
      new Response(text, { status: 404 })
    );
    text = echo(service.origin);
    const result = await channelAt(service.origin).send(
      sampleAlert("run_failed"),
      patience(),
    );
    assert(result.kind === "permanent");
    assert.match(result.reason, /\[hidden\]/);
    assert.doesNotMatch(result.reason, /abcd|0123456/);
  }
});

Deno.test("of an endless error page only the beginning is read and kept", async () => {
  const cancelled = Promise.withResolvers<void>();
  const result = await resultOf(() =>
    new Response(
      new ReadableStream({
        pull: (controller) =>
          controller.enqueue(new TextEncoder().encode("x".repeat(1000))),
        cancel: () => cancelled.resolve(),
      }),
      { status: 502 },
    )
  );
  assert(result.kind === "transient");
  assert.equal(result.reason.length, "Slack answered 502: ".length + 300);
  await cancelled.promise;
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
  answer.resolve(new Response("ok"));
});

Deno.test("without a webhook Slack is off and says what to set", () => {
  assert.deepEqual(configure({}), {
    kind: "off",
    reason: "SLACK_WEBHOOK_URL is not set.",
  });
});

Deno.test("a webhook that is not encrypted is refused without being repeated", () => {
  for (
    const SLACK_WEBHOOK_URL of [
      `http://hooks.slack.com${SECRET_PATH}`,
      `hooks.slack.com${SECRET_PATH}`,
      `ftp://hooks.slack.com${SECRET_PATH}`,
      "off",
    ]
  ) {
    assert.throws(() => configure({ SLACK_WEBHOOK_URL }), {
      name: "EnvironmentError",
      message: /environment\. SLACK_WEBHOOK_URL: must be an https address\.$/,
    });
  }
  for (const host of ["http://localhost:1", "http://[::1]:1", "https://a.b"]) {
    const configured = configure({ SLACK_WEBHOOK_URL: host + SECRET_PATH });
    assert.equal(configured.kind, "on");
  }
});
