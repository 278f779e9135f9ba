import type { Mail } from "../../_shared/mail/mail.ts";
import type { Digest } from "../digest.ts";
import { describeDigest } from "./describe.ts";
import { htmlPart } from "./html.ts";
import { textPart } from "./text.ts";

/**
 * Renders an agency's digest as a mail of two parts that say the same. The same
 * digest gives the same bytes: a repeated send has to be the same mail.
 *
 * @param linkUrl the page on which agencies see their installments; null for
 *   none.
 */
export function digestMail(digest: Digest, linkUrl: string | null): Mail {
  const description = describeDigest(digest, linkUrl);
  return {
    subject: description.subject,
    html: htmlPart(description),
    text: textPart(description),
  };
}
