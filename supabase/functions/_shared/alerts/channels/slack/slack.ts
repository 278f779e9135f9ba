import type { AlertKind } from "../../alert.ts";
import type { Channel, ChannelDefinition } from "../../channel.ts";
import { fingerprint } from "../../fingerprint.ts";
import {
  createMessageSettings,
  type MessageSettings,
  messageVariables,
} from "../../message/settings.ts";
import { serviceAddress } from "../../../addresses.ts";
import { firstText } from "../../../service/first-text.ts";
import { classifyRefusal, unreachable } from "../../../service/refusal.ts";
import { retryAfterSeconds } from "../../../service/retry-after.ts";
import type { SendResult } from "../../../service/send-result.ts";
import { slackMessage } from "./message.ts";

const NAME = "slack";
const KINDS: readonly AlertKind[] = [
  "run_failed",
  "run_degraded",
  "item_failing",
  "run_missed",
  "job_recovered",
  "job_unhealthy",
  "heartbeat",
  "test",
];

const variables = {
  ...messageVariables,
  /** An incoming webhook; anyone who knows it can post. */
  SLACK_WEBHOOK_URL: serviceAddress.optional(),
};

/** Posts alerts to a Slack channel through an incoming webhook. */
export const slack: ChannelDefinition<typeof variables> = {
  name: NAME,
  variables,
  configure: (environment) =>
    environment.SLACK_WEBHOOK_URL === undefined
      ? { kind: "off", reason: "SLACK_WEBHOOK_URL is not set." }
      : {
        kind: "on",
        channel: createSlackChannel(
          environment.SLACK_WEBHOOK_URL.trim(),
          createMessageSettings(environment),
        ),
      },
};

function createSlackChannel(
  address: string,
  settings: MessageSettings,
): Channel {
  const webhook = new URL(address);
  const secrets = [
    webhook.href,
    webhook.pathname,
    webhook.pathname.slice(webhook.pathname.lastIndexOf("/") + 1),
    webhook.search,
  ];

  return {
    name: NAME,
    kinds: KINDS,
    fingerprint: fingerprint(address),

    async send(alert, signal): Promise<SendResult> {
      const body = JSON.stringify(slackMessage(alert, settings));
      let response: Response;
      try {
        response = await fetch(webhook, {
          method: "POST",
          headers: { "Content-Type": "application/json; charset=utf-8" },
          body,
          // A webhook never redirects. To follow would turn the POST into a GET
          // that some sign-in page answers with 200.
          redirect: "manual",
          signal,
        });
      } catch (error) {
        signal.throwIfAborted();
        return unreachable("Slack", error, secrets);
      }

      const message = await firstText(response);
      signal.throwIfAborted();
      if (response.ok) {
        return response.status === 200 && message.trim() === "ok"
          ? { kind: "sent" }
          // A proxy, or a page to sign in to, may have answered in its place.
          : {
            kind: "transient",
            reason: `Slack answered ${response.status}, but not "ok".`,
          };
      }
      return classifyRefusal({
        service: "Slack",
        status: response.status,
        message,
        retryAfterSeconds: retryAfterSeconds(
          response.headers.get("Retry-After"),
        ),
        secrets,
      });
    },
  };
}
