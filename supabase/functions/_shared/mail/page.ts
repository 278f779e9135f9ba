import { html } from "hono/html";
import { coloured, type Colours, DARK_MODE, STYLES } from "./style.ts";

/** What hono/html makes of a template: escaped, and not to be escaped again. */
export type Html = ReturnType<typeof html>;

/** The coloured row at the top. */
export interface Band {
  readonly colours: Colours;
  /** In small capitals above the title. */
  readonly word: string;
  readonly title: string;
  /** Beneath the title; null for none. */
  readonly subtitle: Html | null;
}

/** What a page says; texts are escaped here. */
export interface Page {
  /** Shown by clients that open a mail in a window of its own. */
  readonly title: string;
  /** Shown beside the subject in a list of mails, and first in the mail. */
  readonly summary: string;
  readonly band: Band;
  /** What follows the summary. */
  readonly blocks: readonly Html[];
  readonly footnote: Html;
}

/**
 * @returns a mail as mail clients show it: tables and inline styles, at most
 *   600 pixels wide, no image, no script, everything escaped.
 */
export function mailPage(
  { title, summary, band, blocks, footnote }: Page,
): string {
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
                ${bandRow(band)}
                <tr>
                  <td style="${STYLES.body}">
                    <div class="text" style="${STYLES.summary}">${summary}</div>
                    ${blocks}
                  </td>
                </tr>
              </table>
              <div class="muted" style="${STYLES.footnote}">${footnote}</div>
              <!--[if mso]></td></tr></table><![endif]-->
            </td>
          </tr>
        </table>
      </body>
    </html>
  `;
  return String(page).trim();
}

/** @returns rows of a table, apart from what is above them. */
export function block(rows: Html | readonly Html[]): Html {
  return html`
    <table role="presentation" width="100%" cellpadding="0" cellspacing="0"
      style="${STYLES.block}">
      ${rows}
    </table>
  `;
}

/** @returns a link that looks like something to press. */
export function button(url: string, label: string, colours: Colours): Html {
  const styles = coloured(colours);
  return html`
    <table role="presentation" cellpadding="0" cellspacing="0"
      style="${STYLES.block}">
      <tr>
        <td bgcolor="${colours.strong}" style="${styles.button}">
          <a href="${url}" style="${styles.buttonLink}">${label}</a>
        </td>
      </tr>
    </table>
  `;
}

/** @returns one line beneath the other: not every client keeps line feeds. */
export function withLineBreaks(lines: readonly Html[]): readonly Html[] {
  return lines.flatMap((line, index) =>
    index === 0 ? [line] : [html`<br>`, line]
  );
}

function bandRow({ colours, word, title, subtitle }: Band): Html {
  const styles = coloured(colours);
  return html`
    <tr>
      <td bgcolor="${colours.strong}" style="${styles.band}">
        <div style="${styles.word}">${word}</div>
        <div style="${styles.title}">${title}</div>
        ${subtitle === null
          ? ""
          : html`<div style="${styles.subtitle}">${subtitle}</div>`}
      </td>
    </tr>
  `;
}
