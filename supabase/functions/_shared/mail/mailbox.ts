import { z } from "zod";

/** An address alone, as in `alerts@example.com`. */
export const mailAddress = z.email();

const named = /^(?<name>[^<>\r\n]*)<(?<address>[^<>]+)>$/;

const isMailbox = (text: string) =>
  mailAddress.safeParse(named.exec(text)?.groups?.address ?? text).success;

/** Who a mail is from: `alerts@example.com` or `Duewatch <alerts@example.com>`. */
export const mailbox = z.string().trim().refine(
  isMailbox,
  "must be an address, or a name and an address as in Name <a@example.com>",
);

// Resend takes no more in one mail.
const MAX_RECIPIENTS = 50;

/** Who a mail goes to, comma-separated. */
export const mailboxes = z.string()
  .transform((list) =>
    list.split(",").map((each) => each.trim()).filter((each) => each !== "")
  )
  .refine(
    (list) => list.length > 0 && list.every(isMailbox),
    "must be addresses, separated by commas",
  )
  .refine(
    ({ length }) => length <= MAX_RECIPIENTS,
    `must be at most ${MAX_RECIPIENTS} addresses`,
  );
