import parseAddresses from "nodemailer/lib/addressparser";
import { z } from "zod";

const ATOM = "[a-z0-9!#$%&'*+/=?^_`{|}~-]+";
const LABEL = "[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?";
const QUOTED = String.raw`"(?:[^"\\\p{Cc}]|\\[^\p{Cc}])*"`;
const ADDRESS = new RegExp(
  `^(?:${ATOM}(?:\\.${ATOM})*|${QUOTED})@(?:${LABEL}\\.)+${LABEL}$`,
  "iu",
);
const MAX_LOCAL_LENGTH = 64;
const MAX_LENGTH = 254;

/** An address alone, as in `alerts@example.com` (RFC 5321 and 5322). */
export const mailAddress = z.string().regex(ADDRESS, "must be a mail address")
  .max(MAX_LENGTH)
  .refine((address) => address.lastIndexOf("@") <= MAX_LOCAL_LENGTH);

// The parser makes something of every text: it takes a semicolon for a comma,
// and what stands beside an address for its name. A text that is not written as
// RFC 5322 says is refused instead, so that nobody is left out by a guess.
const WELL_FORMED = /^(?:(?:[^<>@:;"]|"")*<[^<>\s]+>|[^<>\s]+)$/;
const quotedTexts = new RegExp(QUOTED, "gu");
const comments = /\([^()]*\)/g;
const plainName = /^[\p{L}\p{M}\p{N} !#$%&'*+/=?^_`{|}~-]+$/u;

function readMailboxes(list: string): string[] | null {
  if (/\p{Cc}/u.test(list)) return null;
  const entries = list.replace(quotedTexts, '""').replace(comments, "")
    .split(",").map((entry) => entry.trim()).filter((entry) => entry !== "");
  const parsed = parseAddresses(list, { flatten: true });
  const isRead = parsed.length === entries.length &&
    entries.every((entry) => WELL_FORMED.test(entry)) &&
    parsed.every(({ address }) => mailAddress.safeParse(address).success);
  return isRead ? parsed.map(asText) : null;
}

function asText(
  { name, address }: { readonly name: string; readonly address: string },
): string {
  if (name === "") return address;
  const shown = plainName.test(name)
    ? name
    : `"${name.replaceAll(/["\\]/g, "\\$&")}"`;
  return `${shown} <${address}>`;
}

/** @returns the address in a mailbox, without the name. */
export function addressIn(mailbox: string): string {
  return /<([^<>]+)>$/.exec(mailbox)?.[1] ?? mailbox;
}

/** At least one mailbox, comma-separated. */
function mailboxList(most: number, expectation: string) {
  return z.string().transform((list, context) => {
    const read = readMailboxes(list);
    if (read === null || read.length === 0) {
      context.addIssue(expectation);
      return z.NEVER;
    }
    if (read.length > most) {
      context.addIssue(`must be at most ${most} addresses`);
      return z.NEVER;
    }
    return read;
  });
}

/** Who a mail is from: `alerts@example.com` or `Duewatch <alerts@example.com>`. */
export const mailbox = mailboxList(
  1,
  "must be an address, or a name and an address as in Name <a@example.com>, " +
    "with quotes around a name that has a comma",
).transform(([sender]) => sender);

// Resend takes no more in one mail.
const MAX_RECIPIENTS = 50;

/** Who a mail goes to, comma-separated, each with a name or without. */
export const mailboxes = mailboxList(
  MAX_RECIPIENTS,
  "must be addresses, separated by commas",
);
