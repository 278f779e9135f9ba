import { z } from "zod";
import type { EnvironmentOf } from "../_shared/environment.ts";
import { mailbox } from "../_shared/mail/mailbox.ts";
import { type ResendAccount, resendVariables } from "../_shared/mail/sender.ts";
import { webAddress } from "../_shared/addresses.ts";

// Resend takes two requests a second from an account that has not asked for
// more, and alerts go through it as well.
const MAILS_PER_SECOND = 2;
const MOST_MAILS_PER_SECOND = 50;

/** The environment variables of the digest. All may be missing at start. */
export const variables = {
  ...resendVariables,
  /** Who the mails are from, on a domain that Resend has verified. */
  DIGEST_EMAIL_FROM: mailbox.optional(),
  /** The same of the alerts, for want of another. */
  ALERT_EMAIL_FROM: mailbox.optional(),
  /** The page on which agencies see their installments. */
  DIGEST_LINK_URL: webAddress.optional(),
  /** How many mails are sent per second; Resend has a limit of its own. */
  DIGEST_MAILS_PER_SECOND: z.coerce
    .number("must be a number of mails")
    .int("must be a whole number of mails")
    .min(1, "must be at least 1")
    .max(MOST_MAILS_PER_SECOND, `must be at most ${MOST_MAILS_PER_SECOND}`)
    .default(MAILS_PER_SECOND),
};

/** The checked values of `variables`. */
export type Environment = EnvironmentOf<typeof variables>;

/** What no mail can be sent without. */
export interface MailSettings {
  readonly account: ResendAccount;
  readonly from: string;
}

/**
 * @returns through which account and from whom the mails are sent.
 * @throws when a variable is missing, with a sentence that names it: a run
 *   that sends nothing must not look like one with nothing to send.
 */
export function mailSettings(environment: Environment): MailSettings {
  const { RESEND_API_KEY: apiKey, RESEND_BASE_URL: baseUrl } = environment;
  const from = environment.DIGEST_EMAIL_FROM ?? environment.ALERT_EMAIL_FROM;
  if (apiKey !== undefined && from !== undefined) {
    return { account: { apiKey, baseUrl }, from };
  }
  const missing = [
    ...apiKey === undefined ? ["RESEND_API_KEY"] : [],
    ...from === undefined ? ["DIGEST_EMAIL_FROM (or ALERT_EMAIL_FROM)"] : [],
  ];
  throw new Error(
    `The digest cannot be sent. Still to be set: ${missing.join(", ")}.`,
  );
}
