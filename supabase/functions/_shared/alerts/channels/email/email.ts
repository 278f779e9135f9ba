import { EnvironmentError, type EnvironmentOf } from "../../../environment.ts";
import { mailbox, mailboxes } from "../../../mail/mailbox.ts";
import { createMailSender, resendVariables } from "../../../mail/sender.ts";
import type { AlertKind } from "../../alert.ts";
import type { AlertToSend, ChannelDefinition } from "../../channel.ts";
import { fingerprintOfRecipients } from "../../fingerprint.ts";
import {
  createMessageSettings,
  messageVariables,
} from "../../message/settings.ts";
import { alertMail } from "./mail.ts";

const NAME = "email";
const KINDS: readonly AlertKind[] = [
  "run_failed",
  "item_failing",
  "run_succeeded",
  "run_missed",
  "job_recovered",
  "job_unhealthy",
  "heartbeat",
  "test",
];

const variables = {
  ...messageVariables,
  ...resendVariables,
  /** Who the mail is from, on a domain that Resend has verified. */
  ALERT_EMAIL_FROM: mailbox.optional(),
  /** Who gets it, comma-separated. */
  ALERT_EMAIL_TO: mailboxes.optional(),
};

function keyOf({ alert_id, key_number = 1 }: AlertToSend): string {
  return `duewatch-${alert_id}${key_number > 1 ? `-${key_number}` : ""}`;
}

type Environment = EnvironmentOf<typeof variables>;

// The channel cannot work without any of them.
const NEEDED = [
  "RESEND_API_KEY",
  "ALERT_EMAIL_FROM",
  "ALERT_EMAIL_TO",
] as const satisfies readonly (keyof Environment)[];

/** Sends alerts as mail through Resend. */
export const email: ChannelDefinition<typeof variables> = {
  name: NAME,
  variables,
  configure(environment) {
    const { RESEND_API_KEY, ALERT_EMAIL_FROM, ALERT_EMAIL_TO } = environment;
    if (RESEND_API_KEY && ALERT_EMAIL_FROM && ALERT_EMAIL_TO) {
      const settings = createMessageSettings(environment);
      const send = createMailSender({
        apiKey: RESEND_API_KEY,
        baseUrl: environment.RESEND_BASE_URL,
      });
      const addresses = { from: ALERT_EMAIL_FROM, to: ALERT_EMAIL_TO };
      return {
        kind: "on",
        channel: {
          name: NAME,
          kinds: KINDS,
          fingerprint: fingerprintOfRecipients(ALERT_EMAIL_TO),
          send: (alert, signal) =>
            send({ ...addresses, ...alertMail(alert, settings) }, {
              idempotencyKey: keyOf(alert),
              signal,
            }),
        },
      };
    }

    const missing = NEEDED.filter((name) => environment[name] === undefined);
    // The key alone may be there for other mails.
    if (ALERT_EMAIL_FROM || ALERT_EMAIL_TO) {
      throw new EnvironmentError(
        "The email channel is half configured. Still to be set: " +
          `${missing.join(", ")}.`,
      );
    }
    return { kind: "off", reason: `${missing.join(", ")} are not set.` };
  },
};
