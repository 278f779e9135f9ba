import { Buffer } from "node:buffer";
import { createHmac, randomBytes, timingSafeEqual } from "node:crypto";
import { z } from "zod";
import { parseJson } from "../json/parse_json.ts";
import type { Answer, ServiceRequest } from "./local_service.ts";
import { type Fault, refusal } from "./scenario.ts";
import { type Call, type StandIn, startStandIn } from "./stand_in.ts";

const SECRET_PATH = "/hooks/secret-of-the-webhook";
const TOLERANCE_SECONDS = 5 * 60;

const payload = z.object({
  type: z.string(),
  timestamp: z.iso.datetime({ offset: true }),
  data: z.looseObject({ alertId: z.guid(), text: z.string() }),
});

/** One call of the webhook; `webhook-id` identifies the message. */
export interface WebhookCall extends Call {
  /** `null` when it was not what the receiver expects. */
  readonly content: z.output<typeof payload> | null;
}

/** Stands in for a receiver of Standard Webhooks. */
export interface WebhookStandIn extends StandIn<WebhookCall> {
  /** The variables that lead a sender to it. */
  readonly environment: {
    readonly WEBHOOK_URL: string;
    readonly WEBHOOK_SECRET: string;
  };
}

/** How a receiver may refuse. */
export const webhookRefusals = {
  gone: refusal("gone", answer(410)),
  unavailable: refusal("unavailable", answer(503)),
  /** @param target which nobody should call. */
  redirect: (target: string): Fault =>
    refusal("redirect", answer(307, { Location: target })),
};

/**
 * Starts a server that takes what is signed with its secret, as
 * https://www.standardwebhooks.com says, and refuses the rest with 401.
 */
export async function startWebhook(): Promise<WebhookStandIn> {
  const key = randomBytes(32);
  const standIn = await startStandIn<WebhookCall>((request, planned) => {
    const parsed = payload.safeParse(parseJson(request.body));
    const content = parsed.success ? parsed.data : null;
    const message = request.headers["webhook-id"] ?? "";
    const fault = refusalOf(request, key) ??
      (content === null ? refusal("bad_request", answer(400)) : null) ??
      planned(message);
    return {
      call: {
        message,
        content,
        text: content?.data.text ?? "",
        delivered: fault?.accepts ?? true,
      },
      fault,
      usual: answer(204),
    };
  });
  return {
    ...standIn,
    environment: {
      WEBHOOK_URL: standIn.origin + SECRET_PATH,
      WEBHOOK_SECRET: `whsec_${key.toString("base64")}`,
    },
  };
}

function refusalOf(
  { method, path, headers, body }: ServiceRequest,
  key: Uint8Array,
): Fault | null {
  if (path !== SECRET_PATH) return refusal("not_found", answer(404));
  if (method !== "POST") return refusal("method_not_allowed", answer(405));
  const isJson = headers["content-type"]?.startsWith("application/json");
  if (!isJson) return refusal("unsupported_media_type", answer(415));
  const unauthorized = refusal("unauthorized", answer(401));
  const {
    "webhook-id": id = "",
    "webhook-timestamp": timestamp = "",
    "webhook-signature": signatures = "",
  } = headers;
  const age = Math.abs(Date.now() / 1000 - Number(timestamp));
  if (id === "" || !(age < TOLERANCE_SECONDS)) return unauthorized;
  const expected = createHmac("sha256", key)
    .update(`${id}.${timestamp}.`)
    .update(body, "utf8")
    .digest();
  // A sender that rotates its secret signs with both.
  const isSigned = signatures.split(" ").some((each) => {
    const [version, value = ""] = each.split(",");
    const given = Buffer.from(value, "base64");
    return version === "v1" && given.length === expected.length &&
      timingSafeEqual(given, expected);
  });
  return isSigned ? null : unauthorized;
}

function answer(
  status: number,
  headers: Readonly<Record<string, string>> = {},
): Answer {
  return { status, headers, body: "" };
}
