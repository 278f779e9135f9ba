import type { Mail } from "../../../mail/mail.ts";
import type { Alert } from "../../alert.ts";
import type { Description } from "../../message/description.ts";
import { subject } from "../../message/headline.ts";
import type { Links } from "../../message/links.ts";
import { htmlPart } from "./html.ts";
import { textPart } from "./text.ts";

/** Renders an alert as a mail of two parts that say the same. */
export function mail(
  description: Description,
  alert: Pick<Alert, "alert_id" | "raised_at">,
  links: Links,
): Mail {
  return {
    subject: subject(description),
    html: htmlPart(description, alert, links),
    text: textPart(description, alert, links),
  };
}
