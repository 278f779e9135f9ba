import assert from "node:assert/strict";
import { parseEnvironment } from "../../../environment.ts";
import type { Channel } from "../../channel.ts";
import { sampleAlert } from "../../testing/samples.ts";
import { startService } from "../../../testing/service.ts";
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

Deno.test("an alert is one mail to all recipients, under a key of its own", async () => {
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

Deno.test("a mail that was refused has another key when it is sent again", async () => {
  await using service = startService(() => Response.json({ id: "mail-1" }));
  const alert = sampleAlert("run_failed");
  const channel = channelAt(service.origin);
  await channel.send({ ...alert, key_number: 1 }, patience());
  await channel.send({ ...alert, key_number: 2 }, patience());
  assert.deepEqual(
    service.received.map(({ headers }) => headers.get("Idempotency-Key")),
    [`duewatch-${alert.alert_id}`, `duewatch-${alert.alert_id}-2`],
  );
});

Deno.test("without any of its variables email is off and says what to set", () => {
  const off = {
    kind: "off",
    reason: "RESEND_API_KEY, ALERT_EMAIL_FROM, ALERT_EMAIL_TO are not set.",
  };
  assert.deepEqual(configure({}), off);
  assert.deepEqual(configure({ DASHBOARD_URL: "https://a.example.com" }), off);
});

Deno.test("the key alone, which other mails need too, does not turn email on", () => {
  assert.deepEqual(configure({ RESEND_API_KEY: API_KEY }), {
    kind: "off",
    reason: "ALERT_EMAIL_FROM, ALERT_EMAIL_TO are not set.",
  });
});

Deno.test("a half-configured channel is refused and names the missing variables", () => {
  for (
    const { given, missing } of [
      {
        given: { RESEND_API_KEY: API_KEY, ALERT_EMAIL_FROM: "a@example.com" },
        missing: "ALERT_EMAIL_TO",
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
