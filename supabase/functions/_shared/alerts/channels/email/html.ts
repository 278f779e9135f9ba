import { html } from "hono/html";
import { type Band, mailPage } from "../../../mail/page.ts";
import { cut } from "../../../text.ts";
import { instant } from "../../../wording.ts";
import type { Alert } from "../../alert.ts";
import type { Description } from "../../message/description.ts";
import { headline } from "../../message/headline.ts";
import type { Links } from "../../message/links.ts";
import { errorBox, factTable, listBox, whereToLook } from "./html-parts.ts";
import { MAX_NAME } from "./limits.ts";
import { ALERT_STYLES, COLOURS } from "./style.ts";

/** @returns the mail as mail clients show it. */
export function htmlPart(
  description: Description,
  { alert_id, raised_at }: Pick<Alert, "alert_id" | "raised_at">,
  links: Links,
): string {
  const { tone, summary, error } = description;
  return mailPage({
    title: headline(description, { separator: ": ", limit: 150 }),
    summary,
    band: band(description),
    blocks: [
      ...error === null ? [] : [errorBox(error, tone)],
      ...description.parts.map((part) =>
        part.kind === "facts" ? factTable(part) : listBox(part, links)
      ),
      whereToLook(description, links),
    ],
    footnote: html`Duewatch · raised ${
      instant(raised_at)
    }<br>alert ${alert_id}`,
  });
}

function band({ tone, word, reminder, title, jobName }: Description): Band {
  return {
    colours: COLOURS[tone],
    word: reminder === null ? word : `${word} · ${reminder}`,
    title,
    subtitle: jobName === null
      ? null
      : html`<span style="${ALERT_STYLES.jobName}">${
        cut(jobName, MAX_NAME)
      }</span>`,
  };
}
