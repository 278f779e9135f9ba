import { Resend } from "resend";
import { z } from "zod";
import { EnvironmentError } from "../../../environment.ts";
import type { AlertKind } from "../../alert.ts";
import type { Channel, ChannelDefinition } from "../../channel.ts";
import { describe } from "../../message/describe.ts";
import { createLinks, linkVariables } from "../../message/links.ts";
import { serviceAddress } from "../../service/address.ts";
import { mail } from "./mail.ts";
import { mailbox, mailboxes } from "./mailbox.ts";
import { readResendAnswer } from "./resend-answer.ts";

const NAME = "email";
const KINDS: readonly AlertKind[] = [
  "run_failed",
  "run_succeeded",
  "run_missed",
  "job_recovered",
  "job_unhealthy",
  "heartbeat",
];

const variables = {
  ...linkVariables,
  RESEND_API_KEY: z.string()
    // What no header can carry, the runtime would repeat in its complaint.
    .regex(/^[\x21-\x7e]+$/, "may hold visible ASCII characters only")
    .optional(),
  /** Who the mail is from, on a domain that Resend has verified. */
  ALERT_EMAIL_FROM: mailbox.optional(),
  /** Who gets it, comma-separated. */
  ALERT_EMAIL_TO: mailboxes.optional(),
  /** Another address of Resend's API, such as a stand-in. */
  RESEND_BASE_URL: serviceAddress.default("https://api.resend.com"),
};

type Environment = z.output<z.ZodObject<typeof variables>>;

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
      return {
        kind: "on",
        channel: createEmailChannel(environment, {
          apiKey: RESEND_API_KEY,
          from: ALERT_EMAIL_FROM,
          to: ALERT_EMAIL_TO,
        }),
      };
    }

    const missing = NEEDED.filter((name) => environment[name] === undefined);
    if (missing.length < NEEDED.length) {
      throw new EnvironmentError(
        "The email channel is half configured. Still to be set: " +
          `${missing.join(", ")}.`,
      );
    }
    return { kind: "off", reason: `${NEEDED.join(", ")} are not set.` };
  },
};

interface Account {
  readonly apiKey: string;
  readonly from: string;
  readonly to: readonly string[];
}

function createEmailChannel(
  environment: Environment,
  { apiKey, from, to }: Account,
): Channel {
  const links = createLinks(environment);
  const resend = new Resend(apiKey, {
    baseUrl: environment.RESEND_BASE_URL.replace(/\/+$/, ""),
  });

  return {
    name: NAME,
    kinds: KINDS,

    async send(alert, signal) {
      const answer = await resend.emails.send(
        { from, to: [...to], ...mail(describe(alert), alert, links) },
        {
          // Resend accepts a key once in 24 hours: whoever repeats a send of
          // which the answer was lost causes no second mail.
          idempotencyKey: `duewatch-${alert.alert_id}`,
          signal,
        },
      );
      return readResendAnswer(answer, { signal, apiKey });
    },
  };
}
