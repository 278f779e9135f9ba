import { html } from "hono/html";
import { type Mail, renderMail } from "../../../mail/render.ts";
import { truncate } from "../../../truncate.ts";
import type { Alert } from "../../alert.ts";
import { describe } from "../../message/describe.ts";
import { headline, subject } from "../../message/headline.ts";
import { linksAbout } from "../../message/links.ts";
import type { MessageSettings } from "../../message/settings.ts";
import { known } from "../../message/parts.ts";
import {
  entryList,
  errorBox,
  factTable,
  MAX_NAME,
  whatFollows,
  whereToLook,
} from "./blocks.ts";
import { ALERT_STYLES, COLOURS } from "./style.ts";

/** Renders an alert as a mail. */
export function alertMail(
  alert: Alert,
  { links: all, instant }: MessageSettings,
): Mail {
  const links = linksAbout(alert, all);
  const description = describe(alert, instant);
  const { tone, word, title, reminder, summary, error, parts } = description;
  const jobName = known(
    description.jobName,
    (name) => truncate(name, MAX_NAME),
  );
  const raisedAt = instant(alert.raised_at);
  return renderMail({
    subject: subject(description),
    windowTitle: headline(description, { separator: ": ", limit: 150 }),
    band: {
      colours: COLOURS[tone],
      word: reminder === null ? word : `${word} · ${reminder}`,
      title,
      subtitle: jobName === null
        ? null
        : html`<span style="${ALERT_STYLES.jobName}">${jobName}</span>`,
    },
    heading: `${word}: ${title}` +
      (reminder === null ? "" : ` (${reminder})`) +
      (jobName === null ? "" : `\n${jobName}`),
    summary,
    blocks: [
      whatFollows(description),
      whereToLook(description, links),
      ...error === null ? [] : [errorBox(error, tone)],
      ...parts.map((part) =>
        part.kind === "facts" ? factTable(part) : entryList(part, links)
      ),
    ],
    footnote: {
      html: html`Duewatch · raised ${raisedAt}<br>alert ${alert.alert_id}`,
      text: `Duewatch, raised ${raisedAt}, alert ${alert.alert_id}`,
    },
  });
}
