import { singleLine, truncate } from "../truncate.ts";
import type { SendResult } from "./send-result.ts";

/** An answer that is not a success. */
export interface Refusal {
  /** Whose answer it is, as people know it. */
  readonly service: string;
  readonly status: number;
  /** The service's own words. */
  readonly message: string;
  /** How long the service asked us to wait. */
  readonly retryAfterSeconds: number | undefined;
  /** What the result must not repeat. */
  readonly secrets: readonly string[];
}

const MAX_WORDS = 300;

// For a 429 that does not say how long.
const DEFAULT_PAUSE_SECONDS = 1;

/**
 * Classifies a refusal: 408, 429 and every 5xx are transient, all others
 * permanent. A 429 concerns all messages.
 */
export function classifyRefusal(refusal: Refusal): SendResult {
  const { service, status, retryAfterSeconds } = refusal;
  const reason = `${service} answered ${status}: ${wordsOf(refusal)}`;
  if (status === 429) {
    return {
      kind: "transient",
      reason,
      retryAfterSeconds: retryAfterSeconds ?? DEFAULT_PAUSE_SECONDS,
      concernsAll: true,
    };
  }
  return status === 408 || status >= 500
    ? {
      kind: "transient",
      reason,
      ...retryAfterSeconds !== undefined && { retryAfterSeconds },
    }
    : { kind: "permanent", reason };
}

/** No answer: the service could not be reached, or the connection broke. */
export function unreachable(
  service: string,
  error: unknown,
  secrets: readonly string[],
): SendResult {
  const message = singleLine(withoutSecrets(rootCause(error), secrets));
  return {
    kind: "transient",
    reason: `${service} could not be reached: ${truncate(message, MAX_WORDS)}`,
  };
}

// A runtime says "fetch failed", and why only beneath.
function rootCause(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  return error.cause === undefined ? error.message : rootCause(error.cause);
}

function wordsOf({ message, secrets }: Refusal): string {
  // Hidden before it is cut: half a credential would no longer be recognised.
  return truncate(singleLine(withoutSecrets(message, secrets)), MAX_WORDS) ||
    "no reason was given";
}

/**
 * Takes credentials out of a text that will be stored and shown: runtimes name
 * the whole address in their network errors, and services echo what they got.
 *
 * @param secrets what must not appear. Shorter ones than eight characters are
 *   left: they would take ordinary words out.
 */
export function withoutSecrets(
  text: string,
  secrets: readonly string[],
): string {
  return secrets
    .filter((secret) => secret.length >= 8)
    .reduce((clean, secret) => clean.replaceAll(secret, "[hidden]"), text);
}
