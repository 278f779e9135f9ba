import crypto from "node:crypto";
import { z } from "zod";
import { serviceAddress } from "../addresses.ts";
import { firstText } from "../service/first-text.ts";
import { unreachable } from "../service/refusal.ts";
import type { SendResult } from "../service/send-result.ts";
import { addressIn } from "./mailbox.ts";
import type { Mail } from "./render.ts";
import {
  isKeyTaken,
  readResendAnswer,
  type ResendAnswer,
} from "./resend-answer.ts";

/** The environment variables of Resend, the service that sends mails. */
export const resendVariables = {
  RESEND_API_KEY: z.string()
    // What no header can carry, the runtime would repeat in its complaint.
    .regex(/^[\x21-\x7e]+$/, "may hold visible ASCII characters only")
    .optional(),
  /** Another address of Resend's API, such as a stand-in. */
  RESEND_BASE_URL: serviceAddress.default("https://api.resend.com"),
};

/** Where mails are handed in, and with which credential. */
export interface ResendAccount {
  readonly apiKey: string;
  readonly baseUrl: string;
}

/** A mail with its addresses. */
export interface AddressedMail extends Mail {
  readonly from: string;
  readonly to: readonly string[];
}

export interface SendOptions {
  /**
   * Resend sends one mail under a key and keeps the key for 24 hours: a
   * send that is repeated after a lost answer causes no second mail. At most
   * 256 characters.
   */
  readonly idempotencyKey: string;
  /**
   * Whether a mail whose end is unknown was sent under this key, and none that
   * was refused. Then a key that belongs to a mail with another content counts
   * as sent. Otherwise the mail gets a key of its own content. Default: false.
   */
  readonly mayBeSent?: boolean;
  /** Ends the attempt when it has no time left. */
  readonly signal: AbortSignal;
}

/**
 * Sends one mail, once.
 *
 * @returns what Resend made of it; the reason of a failure repeats neither the
 *   API key nor a recipient.
 * @throws the signal's reason once that is aborted, and nothing else.
 */
export type SendMail = (
  mail: AddressedMail,
  options: SendOptions,
) => Promise<SendResult>;

/** @returns what sends mails from this account. */
export function createMailSender(
  { apiKey, baseUrl }: ResendAccount,
): SendMail {
  const address = `${baseUrl.replace(/\/+$/, "")}/emails`;

  async function post(
    body: string,
    key: string,
    signal: AbortSignal,
  ): Promise<ResendAnswer> {
    const response = await fetch(address, {
      method: "POST",
      headers: {
        Authorization: `Bearer ${apiKey}`,
        "Content-Type": "application/json",
        "Idempotency-Key": key,
        // Resend refuses a request without one.
        "User-Agent": "duewatch",
      },
      body,
      // The key must go to no other address.
      redirect: "manual",
      signal,
    });
    const text = await firstText(response);
    signal.throwIfAborted();
    return { status: response.status, headers: response.headers, text };
  }

  return async (
    { from, to, subject, html, text },
    { idempotencyKey, mayBeSent = false, signal },
  ) => {
    const secrets = [apiKey, ...to, ...to.map(addressIn)];
    const body = JSON.stringify({ from, to, subject, html, text });
    try {
      const answer = await post(body, idempotencyKey, signal);
      if (!isKeyTaken(answer)) return readResendAnswer(answer, secrets);
      if (mayBeSent) return { kind: "sent" };
      const ownKey = `${idempotencyKey}/${digestOf(body)}`;
      return readResendAnswer(await post(body, ownKey, signal), secrets);
    } catch (error) {
      signal.throwIfAborted();
      return unreachable("Resend", error, secrets);
    }
  };
}

function digestOf(text: string): string {
  return crypto.createHash("sha256").update(text).digest("hex").slice(0, 16);
}
