import type { CreateEmailResponse } from "resend";
import { z } from "zod";
import { classifyRefusal, unreachable } from "../service/refusal.ts";
import { retryAfterSeconds } from "../service/retry-after.ts";
import type { SendResult } from "../service/send-result.ts";

// The SDK passes on whatever JSON an error answer holds, which may be a
// proxy's.
const reportedError = z.object({
  statusCode: z.number().int().nullable().catch(null),
  name: z.string().catch(""),
  message: z.string().catch(""),
}).catch({ statusCode: null, name: "", message: "" });

// For a quota that is used up, when the answer does not say how long.
const QUOTA_PAUSE_SECONDS = 15 * 60;

// The key, the domain of the sender, the address of the API.
const CONCERN_ALL: ReadonlySet<number> = new Set([401, 403, 404, 405]);

export interface AnswerContext {
  readonly signal: AbortSignal;
  /** What the result must not repeat. */
  readonly secrets: readonly string[];
}

/**
 * Reads what Resend made of a mail.
 *
 * Two conflicts of idempotency keys are no refusals: a request with the key
 * that is still under way will be known a moment later, and a key that belongs
 * to another mail means that this one was accepted before, when what it is
 * rendered from was another.
 *
 * @throws the signal's reason when there is no answer because it was aborted.
 */
export function readResendAnswer(
  { data, error, headers }: CreateEmailResponse,
  { signal, secrets }: AnswerContext,
): SendResult {
  if (data !== null) return { kind: "sent", reference: data.id };

  const { statusCode, name, message } = reportedError.parse(error);
  if (statusCode === null) {
    signal.throwIfAborted();
    return unreachable("Resend", message || "no readable answer", secrets);
  }

  const waitSeconds = retryAfterSeconds(headers?.["retry-after"]);
  const refusal = {
    service: "Resend",
    status: statusCode,
    message: [name, message].filter(Boolean).join(": "),
    secrets,
  };
  switch (name) {
    case "invalid_idempotent_request":
      return { kind: "sent" };
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
        ...CONCERN_ALL.has(statusCode) && { concernsAll: true },
      };
  }
}
