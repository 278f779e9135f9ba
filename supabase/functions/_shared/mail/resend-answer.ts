import { z } from "zod";
import { classifyRefusal } from "../service/refusal.ts";
import { retryAfterSeconds } from "../service/retry-after.ts";
import type { SendResult } from "../service/send-result.ts";

const accepted = z.object({ id: z.string().min(1) });
const refused = z.object({
  name: z.string().catch(""),
  message: z.string().catch(""),
});

// For a quota that is used up, when the answer does not say how long.
const QUOTA_PAUSE_SECONDS = 15 * 60;

// The key, the domain of the sender, the address of the API.
const CONCERN_ALL: ReadonlySet<number> = new Set([401, 403, 404, 405]);

/** What Resend, or something in its place, answered. */
export interface ResendAnswer {
  readonly status: number;
  readonly headers: Headers;
  /** The beginning of its body. */
  readonly text: string;
}

/**
 * Whether the key was used for another mail before. Resend may have accepted
 * that one or refused it.
 */
export function isKeyTaken({ status, text }: ResendAnswer): boolean {
  return status === 409 &&
    refused.safeParse(json(text)).data?.name === "invalid_idempotent_request";
}

/**
 * Reads what Resend made of a mail. Only an id says that it was accepted.
 *
 * @param secrets what the result must not repeat.
 */
export function readResendAnswer(
  { status, headers, text }: ResendAnswer,
  secrets: readonly string[],
): SendResult {
  const body = json(text);
  if (status >= 200 && status < 300) {
    const { data } = accepted.safeParse(body);
    return data === undefined
      ? {
        kind: "transient",
        reason: `Resend answered ${status} without the id of a mail.`,
      }
      : { kind: "sent", reference: data.id };
  }

  // Another's page, or an error too long to be read as a whole.
  const { name, message } = refused.safeParse(body).data ??
    { name: "", message: text };
  const waitSeconds = retryAfterSeconds(headers.get("retry-after"));
  const refusal = {
    service: "Resend",
    status,
    message: [name, message].filter(Boolean).join(": "),
    secrets,
  };
  switch (name) {
    // It will be known a moment later.
    case "concurrent_idempotent_requests":
      return {
        kind: "transient",
        reason: "Resend is still at work on an earlier attempt.",
        ...waitSeconds !== undefined && { retryAfterSeconds: waitSeconds },
      };
    case "daily_quota_exceeded":
    case "monthly_quota_exceeded":
      return classifyRefusal({
        ...refusal,
        retryAfterSeconds: waitSeconds ?? QUOTA_PAUSE_SECONDS,
      });
    default:
      return {
        ...classifyRefusal({ ...refusal, retryAfterSeconds: waitSeconds }),
        ...(CONCERN_ALL.has(status) || status < 400) && { concernsAll: true },
      };
  }
}

function json(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}
