import { html } from "hono/html";
import type { Alert } from "../../alert.ts";
import type { Description } from "../../message/description.ts";
import { headline } from "../../message/headline.ts";
import type { Links } from "../../message/links.ts";
import { instant } from "../../message/wording.ts";
import {
  band,
  errorBox,
  factTable,
  listBox,
  whereToLook,
} from "./html-parts.ts";
import { DARK_MODE, STYLES } from "./style.ts";

/**
 * @returns the mail as mail clients show it: tables and inline styles, at most
 *   600 pixels wide, no image, no script, everything escaped.
 */
export function htmlPart(
  description: Description,
  { alert_id, raised_at }: Pick<Alert, "alert_id" | "raised_at">,
  links: Links,
): string {
  const { tone, summary, error } = description;
  const title = headline(description, { separator: ": ", limit: 150 });
  const parts = [
    ...error === null ? [] : [errorBox(error, tone)],
    ...description.parts.map((part) =>
      part.kind === "facts" ? factTable(part) : listBox(part, links)
    ),
    whereToLook(description, links),
  ];

  const page = html`
    <!DOCTYPE html>
    <html lang="en">
      <head>
        <meta charset="utf-8">
        <meta name="viewport" content="width=device-width, initial-scale=1">
        <meta name="color-scheme" content="light dark">
        <meta name="supported-color-schemes" content="light dark">
        <title>${title}</title>
        <style>
        ${DARK_MODE}
        </style>
      </head>
      <body class="page" style="${STYLES.page}">
        <div style="${STYLES.preview}">${summary}</div>
        <table role="presentation" width="100%" cellpadding="0" cellspacing="0">
          <tr>
            <td align="center" style="${STYLES.margin}">
              <!--[if mso]><table width="600"><tr><td><![endif]-->
              <table role="presentation" class="card" width="100%"
                cellpadding="0" cellspacing="0" style="${STYLES.card}">
                ${band(description)}
                <tr>
                  <td style="${STYLES.body}">
                    <div class="text" style="${STYLES.summary}">${summary}</div>
                    ${parts}
                  </td>
                </tr>
              </table>
              <div class="muted" style="${STYLES.footnote}">
                Duewatch · raised ${instant(raised_at)}<br>alert ${alert_id}
              </div>
              <!--[if mso]></td></tr></table><![endif]-->
            </td>
          </tr>
        </table>
      </body>
    </html>
  `;
  return String(page).trim();
}
