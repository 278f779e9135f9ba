import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import crypto from "node:crypto";
import { EnvironmentError, parseEnvironment } from "../../../environment.ts";
import { startService, unusedOrigin } from "../../../testing/service.ts";
import { alertKind } from "../../alert.ts";
import { sampleAlert } from "../../testing/samples.ts";
import { signed } from "./signature.ts";
import { webhook } from "./webhook.ts";

const KEY = Buffer.alloc(32, 7);
const SECRET = `whsec_${KEY.toString("base64")}`;
const PATH = "/hooks/secret-part-0123456789";

function configure(variables: Record<string, string>) {
  return webhook.configure(
    parseEnvironment(webhook.variables, (name) => variables[name]),
  );
}

function channelAt(origin: string) {
  const configured = configure({
    WEBHOOK_URL: origin + PATH,
    WEBHOOK_SECRET: SECRET,
  });
  assert(configured.kind === "on");
  return configured.channel;
}

const patience = () => new AbortController().signal;

Deno.test("a signature is that of Standard Webhooks", () => {
  // The example of its specification.
  const key = Buffer.from("MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", "base64");
  assert.deepEqual(
    signed({
      id: "msg_p5jXN8AQM9LWM0D4loKWxJek",
      at: new Date(1_614_265_330_000),
      body: '{"test": 2432232314}',
      key,
    }),
    {
      "webhook-id": "msg_p5jXN8AQM9LWM0D4loKWxJek",
      "webhook-timestamp": "1614265330",
      "webhook-signature": "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=",
    },
  );
});

Deno.test("an alert of every kind is posted once, signed, as JSON", async () => {
  for (const kind of alertKind.options) {
    await using service = startService(() => new Response("ignored"));
    const alert = sampleAlert(kind);
    const channel = channelAt(service.origin);
    assert.deepEqual(await channel.send(alert, patience()), { kind: "sent" });
    assert(channel.kinds.includes(kind));

    const [{ method, path, headers, body }, ...others] = service.received;
    assert.deepEqual(others, []);
    assert.deepEqual({ method, path }, { method: "POST", path: PATH });
    const timestamp = headers.get("webhook-timestamp") ?? "";
    assert(Math.abs(Date.now() / 1000 - Number(timestamp)) < 60);
    assert.equal(headers.get("webhook-id"), alert.alert_id);
    assert.equal(
      headers.get("webhook-signature"),
      `v1,${
        crypto.createHmac("sha256", KEY)
          .update(`${alert.alert_id}.${timestamp}.${body}`)
          .digest("base64")
      }`,
    );
    const { type, data } = JSON.parse(body);
    assert.equal(type, `duewatch.${kind}`);
    assert.equal(data.alertId, alert.alert_id);
    assert.match(data.text, /\. What happens next: .* What to do: .*\.$/);
    for (const text of [data.summary, data.next, data.toDo]) {
      assert.match(text, /\.$/);
    }
    assert(["critical", "warning", "ok"].includes(data.severity));
  }
});

Deno.test("no redirect is followed, and no answer is repeated", async () => {
  await using target = startService(() => new Response("ok"));
  await using service = startService(() =>
    new Response("words of the service", {
      status: 302,
      headers: { Location: target.origin },
    })
  );
  const result = await channelAt(service.origin)
    .send(sampleAlert("run_failed"), patience());
  assert.equal(result.kind, "permanent");
  assert.equal(JSON.stringify(result).includes("words of the service"), false);
  assert.deepEqual(target.received, []);
});

Deno.test("what may pass is tried again, and the rest is given up", async () => {
  for (
    const [status, kind] of [
      [500, "transient"],
      [429, "transient"],
      [408, "transient"],
      [404, "permanent"],
      [410, "permanent"],
    ] as const
  ) {
    await using service = startService(() => new Response("", { status }));
    const result = await channelAt(service.origin)
      .send(sampleAlert("run_failed"), patience());
    assert.equal(result.kind, kind, String(status));
  }
});

Deno.test("a network error is transient and hides the address", async () => {
  const result = await channelAt(unusedOrigin())
    .send(sampleAlert("run_failed"), patience());
  assert.equal(result.kind, "transient");
  assert.equal(JSON.stringify(result).includes("secret-part"), false);
});

Deno.test("without an address and a secret it is off and says so", () => {
  const configured = configure({});
  assert.deepEqual(configured, {
    kind: "off",
    reason: "WEBHOOK_URL is not set.",
  });
});

Deno.test("with only one of them, or one that is no use, it names what is wrong", () => {
  const address = { WEBHOOK_URL: "https://example.com/hook" };
  const wrong: [Record<string, string>, RegExp][] = [
    [{ WEBHOOK_SECRET: SECRET }, /Still to be set: WEBHOOK_URL\./],
    [address, /Still to be set: WEBHOOK_SECRET\./],
    [{ ...address, WEBHOOK_SECRET: "whsec_short" }, /24 to 64 bytes/],
    [{ ...address, WEBHOOK_SECRET: "not base64!" }, /24 to 64 bytes/],
    [
      { WEBHOOK_URL: "http://example.com/hook" },
      /WEBHOOK_URL: must be an https address/,
    ],
    [
      { WEBHOOK_URL: "https://user:password@example.com/hook" },
      /WEBHOOK_URL: must hold no user name and no password/,
    ],
  ];
  for (const [variables, problem] of wrong) {
    assert.throws(() => configure(variables), (error) => {
      assert(error instanceof EnvironmentError);
      assert.match(error.message, problem);
      assert.doesNotMatch(error.message, /not base64!|password@/);
      return true;
    });
  }
});
