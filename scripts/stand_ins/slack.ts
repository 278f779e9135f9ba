import type { Answer, ServiceRequest } from "./local_service.ts";
import { type Fault, refusal } from "./scenario.ts";
import {
  readableText,
  readSlackMessage,
  type SlackMessage,
} from "./slack_message.ts";
import { type Call, type StandIn, startStandIn } from "./stand_in.ts";

// Of a form that a scanner for leaked webhooks does not take for a real one.
const SECRET_PATH = "/services/TSTANDIN/BSTANDIN/secret-of-the-webhook";

/** One call of the webhook; its body identifies the message. */
export interface SlackCall extends Call {
  /** `null` when it was no message that Slack could read. */
  readonly content: SlackMessage | null;
}

/** Stands in for Slack's incoming webhooks. */
export interface SlackStandIn extends StandIn<SlackCall> {
  /** The secret address, for `SLACK_WEBHOOK_URL`. */
  readonly webhookUrl: string;
}

/** The errors of Slack's incoming webhooks. */
export const slackRefusals = {
  actionProhibited: text(403, "action_prohibited"),
  noService: text(404, "no_service"),
  channelIsArchived: text(410, "channel_is_archived"),
  rollupError: text(500, "rollup_error"),
  /** @param seconds to wait, in `Retry-After`. */
  rateLimited(seconds: number): Fault {
    const headers = { "Retry-After": String(seconds) };
    return text(429, "rate_limited", headers);
  },
};

/**
 * Starts a server that answers as Slack's incoming webhooks do: `ok`, or a
 * name of the error and nothing else.
 */
export async function startSlack(): Promise<SlackStandIn> {
  const standIn = await startStandIn<SlackCall>((request, planned) => {
    const reading = readSlackMessage(request.body);
    const content = "message" in reading ? reading.message : null;
    const fault = refusalOf(request) ??
      ("error" in reading ? text(400, reading.error) : null) ??
      planned(request.body);
    return {
      call: {
        message: request.body,
        content,
        text: content === null ? "" : readableText(content),
        delivered: fault?.accepts ?? true,
      },
      fault,
      usual: answer(200, "ok"),
    };
  });
  return { ...standIn, webhookUrl: standIn.origin + SECRET_PATH };
}

function refusalOf({ method, path, headers }: ServiceRequest): Fault | null {
  if (path !== SECRET_PATH) return text(403, "invalid_token");
  if (method !== "POST") return text(405, "method_not_allowed");
  const isJson = headers["content-type"]?.startsWith("application/json");
  return isJson ? null : text(400, "invalid_payload");
}

function text(
  status: number,
  name: string,
  headers: Readonly<Record<string, string>> = {},
): Fault {
  return refusal(name, answer(status, name, headers));
}

function answer(
  status: number,
  body: string,
  headers: Readonly<Record<string, string>> = {},
): Answer {
  return { status, body, headers: { "Content-Type": "text/html", ...headers } };
}
