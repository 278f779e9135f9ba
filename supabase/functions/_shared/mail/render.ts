import { html } from "hono/html";
import type { Html, MailBlock } from "./blocks.ts";
import { coloured, type Colours, DARK_MODE, STYLES } from "./style.ts";

/** A mail, without who it is from and to. */
export interface Mail {
  readonly subject: string;
  readonly html: string;
  /** Says the same, for readers that show no HTML. */
  readonly text: string;
}

/** What a mail says; texts are escaped here. */
export interface MailContent {
  readonly subject: string;
  /** The name of the window, in clients that open a mail in its own. */
  readonly windowTitle: string;
  /** The coloured row at the top. */
  readonly band: Band;
  /** The first lines of the text. */
  readonly heading: string;
  /** Shown beside the subject in a list of mails, and first in the mail. */
  readonly summary: string;
  /** What follows the summary. */
  readonly blocks: readonly MailBlock[];
  readonly footnote: MailBlock;
}

interface Band {
  readonly colours: Colours;
  /** In small capitals above the title. */
  readonly word: string;
  readonly title: string;
  /** Beneath the title; null for none. */
  readonly subtitle: Html | null;
}

/**
 * Renders a mail of two parts that say the same. The HTML is made for mail
 * clients: tables and inline styles, at most 600 pixels wide, no image, no
 * script, everything escaped.
 */
export function renderMail(content: MailContent): Mail {
  const { subject, heading, summary, blocks, footnote } = content;
  return {
    subject,
    html: String(page(content)).trim(),
    text: [
      heading,
      summary,
      ...blocks.map(({ text }) => text),
      `--\n${footnote.text}\n`,
    ].join("\n\n"),
  };
}

function page(
  { windowTitle, band, summary, blocks, footnote }: MailContent,
): Html {
  return html`
    <!DOCTYPE html>
    <html lang="en">
      <head>
        <meta charset="utf-8">
        <meta name="viewport" content="width=device-width, initial-scale=1">
        <meta name="color-scheme" content="light dark">
        <meta name="supported-color-schemes" content="light dark">
        <title>${windowTitle}</title>
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
                    ${blocks.map((block) => block.html)}
                  </td>
                </tr>
              </table>
              <div class="muted" style="${STYLES.footnote}">${footnote
                .html}</div>
              <!--[if mso]></td></tr></table><![endif]-->
            </td>
          </tr>
        </table>
      </body>
    </html>
  `;
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
