import { Resend } from "resend";
import { z } from "zod";
import { serviceAddress } from "../addresses.ts";
import type { SendResult } from "../service/send-result.ts";
import { addressIn } from "./mailbox.ts";
import type { Mail } from "./render.ts";
import { readResendAnswer } from "./resend-answer.ts";

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
  const resend = new Resend(apiKey, { baseUrl: baseUrl.replace(/\/+$/, "") });

  return async ({ from, to, subject, html, text }, options) => {
    const answer = await resend.emails.send(
      { from, to: [...to], subject, html, text },
      { idempotencyKey: options.idempotencyKey, signal: options.signal },
    );
    return readResendAnswer(answer, {
      signal: options.signal,
      secrets: [apiKey, ...to, ...to.map(addressIn)],
    });
  };
}
