import assert from "node:assert/strict";
import { z } from "zod";
import { EnvironmentError, parseEnvironment } from "../environment.ts";
import { createLogger } from "../logger.ts";
import type { ChannelDefinition } from "./channel.ts";
import { channelVariables, configureChannels } from "./channels.ts";
import { email } from "./channels/email/email.ts";
import { slack } from "./channels/slack/slack.ts";
import { deliverAlerts } from "./testing/deliver-alerts.ts";
import { linkVariables } from "./message/links.ts";
import { createRegistry } from "./registry.ts";
import { FakeOutbox } from "./testing/fake-outbox.ts";
import { sampleDelivery } from "./testing/samples.ts";

const pagerVariables = {
  ...linkVariables,
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
  // Each variable has the type that its own channel gave it.
  const { PAGER_NUMBER, RESEND_BASE_URL }: {
    PAGER_NUMBER?: number;
    RESEND_BASE_URL: string;
  } = environment;
  assert.equal(PAGER_NUMBER, 112);
  assert.equal(RESEND_BASE_URL, "https://api.resend.com");

  // @ts-expect-error: an environment without the channels' variables.
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
      ],
      email: [
        "run_failed",
        "item_failing",
        "run_succeeded",
        "run_missed",
        "job_recovered",
        "job_unhealthy",
        "heartbeat",
      ],
    },
  );
});

Deno.test("a half-configured channel stops the start, whatever the others are", () => {
  const { ALERT_EMAIL_TO: _, ...half } = ACCOUNT;
  const environment = parseEnvironment(
    channelVariables,
    (name) => half[name as keyof typeof half],
  );
  assert.throws(() => configureChannels(environment), EnvironmentError);
});
