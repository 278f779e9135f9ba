import assert from "node:assert/strict";
import { z } from "zod";
import { parseEnvironment } from "../environment.ts";
import { createLogger } from "../logger.ts";
import type { ChannelDefinition } from "./channel.ts";
import { channelVariables, configureChannels } from "./channels.ts";
import { email } from "./channels/email/email.ts";
import { slack } from "./channels/slack/slack.ts";
import { deliverAlerts } from "./testing/deliver-alerts.ts";
import { messageVariables } from "./message/settings.ts";
import { createRegistry } from "./registry.ts";
import { FakeOutbox } from "./testing/fake-outbox.ts";
import { sampleDelivery } from "./testing/samples.ts";

const pagerVariables = {
  ...messageVariables,
  PAGER_NUMBER: z.coerce.number().int().optional(),
};

/** What a third channel's folder would hold. */
function pagerThatCalls(call: (number: number, text: string) => void) {
  const pager: ChannelDefinition<typeof pagerVariables> = {
    name: "pager",
    variables: pagerVariables,
    configure: ({ PAGER_NUMBER }) =>
      PAGER_NUMBER === undefined
        ? { kind: "off", reason: "PAGER_NUMBER is not set." }
        : {
          kind: "on",
          channel: {
            name: "pager",
            kinds: ["run_failed"],
            send: (alert) => {
              call(PAGER_NUMBER, alert.job_name);
              return Promise.resolve({ kind: "sent" });
            },
          },
        },
  };
  return pager;
}

Deno.test("a third channel is one folder and one line", async () => {
  const calls: { number: number; text: string }[] = [];
  const pager = pagerThatCalls((number, text) => calls.push({ number, text }));
  const registry = createRegistry([slack, email, pager]);

  const environment = parseEnvironment(
    { ...registry.channelVariables, OTHER: z.string().default("kept") },
    (name) => ({ PAGER_NUMBER: "112" })[name],
  );
  assert.equal(environment.OTHER, "kept");
  assert.deepEqual(registry.configureChannels({}).on, []);

  const channels = registry.configureChannels(environment);
  assert.deepEqual(channels.on.map(({ name }) => name), ["pager"]);
  assert.deepEqual(channels.off.map(({ name }) => name), ["slack", "email"]);

  const report = await deliverAlerts({
    outbox: new FakeOutbox([
      sampleDelivery({ channel: "pager", job_name: "nightly" }),
    ]),
    channels: channels.on,
    log: createLogger(() => {}),
    signal: new AbortController().signal,
  });
  assert.equal(report.pager.sent, 1);
  assert.deepEqual(calls, [{ number: 112, text: "nightly" }]);
});

Deno.test("channels that are not configured are off, each with its reason", () => {
  const environment = parseEnvironment(channelVariables, () => undefined);
  assert.deepEqual(configureChannels(environment), {
    on: [],
    off: [
      { name: "slack", reason: "SLACK_WEBHOOK_URL is not set." },
      {
        name: "email",
        reason: "RESEND_API_KEY, ALERT_EMAIL_FROM, ALERT_EMAIL_TO are not set.",
      },
      { name: "webhook", reason: "WEBHOOK_URL is not set." },
    ],
    problems: [],
  });
});

const ACCOUNT: Record<string, string> = {
  SLACK_WEBHOOK_URL: "https://hooks.slack.com/services/T/B/x",
  RESEND_API_KEY: "re_1",
  ALERT_EMAIL_FROM: "alerts@example.com",
  ALERT_EMAIL_TO: "mario@example.com",
};

Deno.test("each channel carries the kinds that are for it", () => {
  const { on } = configureChannels(
    parseEnvironment(channelVariables, (name) => ACCOUNT[name]),
  );
  assert.deepEqual(
    Object.fromEntries(on.map(({ name, kinds }) => [name, kinds])),
    {
      slack: [
        "run_failed",
        "run_degraded",
        "item_failing",
        "run_missed",
        "job_recovered",
        "job_unhealthy",
        "heartbeat",
        "test",
      ],
      email: [
        "run_failed",
        "item_failing",
        "run_succeeded",
        "run_missed",
        "job_recovered",
        "job_unhealthy",
        "heartbeat",
        "test",
      ],
    },
  );
});

const configured = (changes: Record<string, string>) =>
  configureChannels(
    parseEnvironment(
      channelVariables,
      (name) => ({ ...ACCOUNT, ...changes })[name],
    ),
  );

for (
  const { variable, value, off, reason } of [
    {
      variable: "ALERT_EMAIL_TO",
      value: "",
      off: "email",
      reason: "The email channel is half configured. " +
        "Still to be set: ALERT_EMAIL_TO.",
    },
    {
      variable: "ALERT_EMAIL_TO",
      value: "nobody",
      off: "email",
      reason: "The email channel cannot be used. " +
        "ALERT_EMAIL_TO: must be addresses, separated by commas.",
    },
    {
      variable: "RESEND_BASE_URL",
      value: "http://api.resend.com",
      off: "email",
      reason: "The email channel cannot be used. " +
        "RESEND_BASE_URL: must be an https address.",
    },
    {
      variable: "SLACK_WEBHOOK_URL",
      value: "hooks.slack.com",
      off: "slack",
      reason: "The slack channel cannot be used. " +
        "SLACK_WEBHOOK_URL: must be an https address.",
    },
  ]
) {
  Deno.test(`with ${variable} ${JSON.stringify(value)} only ${off} is off, and the problem is named`, () => {
    const channels = configured({ [variable]: value });
    assert.deepEqual(
      channels.on.map(({ name }) => name),
      ["slack", "email"].filter((name) => name !== off),
    );
    assert.deepEqual(channels.off, [
      { name: off, reason },
      { name: "webhook", reason: "WEBHOOK_URL is not set." },
    ]);
    assert.deepEqual(channels.problems, [reason]);
  });
}

Deno.test("a wrong link turns no channel off and is named", () => {
  const { on, problems } = configured({ DASHBOARD_URL: "javascript:alert(1)" });
  assert.deepEqual(on.map(({ name }) => name), ["slack", "email"]);
  assert.deepEqual(problems, [
    "Messages are sent without this link. " +
    "DASHBOARD_URL: must be an http(s) address.",
  ]);
});

Deno.test("a wrong time zone turns no channel off and is named", () => {
  const { on, problems } = configured({ ALERT_TIMEZONE: "+10:00" });
  assert.deepEqual(on.map(({ name }) => name), ["slack", "email"]);
  assert.deepEqual(problems, [
    "Messages give times in UTC only. ALERT_TIMEZONE: must be the name of a " +
    "time zone, such as Australia/Brisbane.",
  ]);
});

Deno.test("a webhook that is half set up is off, and the problem is named", () => {
  const { on, off, problems } = configured({
    WEBHOOK_URL: "https://example.com/hook",
  });
  assert.deepEqual(on.map(({ name }) => name), ["slack", "email"]);
  const reason = "The webhook channel is half configured. Still to be set: " +
    "WEBHOOK_SECRET.";
  assert.deepEqual(off, [{ name: "webhook", reason }]);
  assert.deepEqual(problems, [reason]);
});

Deno.test("white space around every variable is ignored", () => {
  const channels = configured(Object.fromEntries(
    Object.entries(ACCOUNT).map(([name, value]) => [name, `\t ${value} \r\n`]),
  ));
  assert.deepEqual(channels.on.map(({ name }) => name), ["slack", "email"]);
  assert.deepEqual(channels.problems, []);
});
