import { z } from "zod";
import { serviceAddress } from "../../../addresses.ts";
import { EnvironmentError } from "../../../environment.ts";
import { classifyRefusal, unreachable } from "../../../service/refusal.ts";
import { retryAfterSeconds } from "../../../service/retry-after.ts";
import type { SendResult } from "../../../service/send-result.ts";
import { alertKind } from "../../alert.ts";
import type { Channel, ChannelDefinition } from "../../channel.ts";
import {
  createMessageSettings,
  type MessageSettings,
  messageVariables,
} from "../../message/settings.ts";
import { payloadOf } from "./payload.ts";
import { keyOf, signed } from "./signature.ts";

const NAME = "webhook";

const variables = {
  ...messageVariables,
  /** Where alerts are posted to. */
  WEBHOOK_URL: serviceAddress.optional(),
  /** `whsec_` and base64, as Standard Webhooks has it. */
  WEBHOOK_SECRET: z.string().optional(),
};

/** Posts alerts to an address, signed as Standard Webhooks asks. */
export const webhook: ChannelDefinition<typeof variables> = {
  name: NAME,
  variables,
  configure(environment) {
    const { WEBHOOK_URL: address, WEBHOOK_SECRET: secret } = environment;
    if (address === undefined && secret === undefined) {
      return { kind: "off", reason: "WEBHOOK_URL is not set." };
    }
    if (address === undefined || secret === undefined) {
      throw new EnvironmentError(
        "The webhook channel is half configured. Still to be set: " +
          `${address === undefined ? "WEBHOOK_URL" : "WEBHOOK_SECRET"}.`,
      );
    }
    const key = keyOf(secret);
    if (key === undefined) {
      throw new EnvironmentError(
        "The webhook channel cannot be used. WEBHOOK_SECRET: must be whsec_ " +
          "and 24 to 64 bytes in base64.",
      );
    }
    const settings = createMessageSettings(environment);
    return {
      kind: "on",
      channel: createWebhookChannel(new URL(address), { key, settings }),
    };
  },
};

function createWebhookChannel(
  address: URL,
  { key, settings }: {
    readonly key: Uint8Array;
    readonly settings: MessageSettings;
  },
): Channel {
  const secrets = [address.href, address.pathname, address.search];

  return {
    name: NAME,
    kinds: alertKind.options,

    async send(alert, signal): Promise<SendResult> {
      const body = JSON.stringify(payloadOf(alert, settings));
      let response: Response;
      try {
        response = await fetch(address, {
          method: "POST",
          headers: {
            "Content-Type": "application/json; charset=utf-8",
            ...signed({ id: alert.alert_id, at: new Date(), body, key }),
          },
          body,
          // The target of a redirect would get the alert.
          redirect: "manual",
          signal,
        });
      } catch (error) {
        signal.throwIfAborted();
        return unreachable("The webhook", error, secrets);
      }

      // Nothing that it says counts, and nothing is stored of it.
      await response.body?.cancel();
      return response.ok ? { kind: "sent" } : classifyRefusal({
        service: "The webhook",
        status: response.status,
        message: "",
        retryAfterSeconds: retryAfterSeconds(
          response.headers.get("Retry-After"),
        ),
        secrets,
      });
    },
  };
}
