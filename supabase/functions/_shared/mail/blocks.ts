import { html } from "hono/html";
import { coloured, type Colours, STYLES } from "./style.ts";

/** What hono/html makes of a template: escaped, and not to be escaped again. */
export type Html = ReturnType<typeof html>;

/** A paragraph of a mail, or a row of one, as each of its two parts shows it. */
export interface MailBlock {
  readonly html: Html;
  readonly text: string;
}

/** @returns a table of these rows, apart from what is above it. */
export function tableBlock(rows: readonly MailBlock[]): MailBlock {
  return {
    html: html`
      <table role="presentation" width="100%" cellpadding="0" cellspacing="0"
        style="${STYLES.block}">
        ${rows.map((row) => row.html)}
      </table>
    `,
    text: rows.map(({ text }) => text).join("\n"),
  };
}

/** A titled list, of which not all rows may be shown. */
export interface TitledRows {
  readonly title: string;
  readonly rows: readonly MailBlock[];
  /** How many more there are. */
  readonly more: number;
  /** Default: 1. */
  readonly columns?: number;
}

/** @returns a table with a title, which says how many rows it leaves out. */
export function listBlock(
  { title, rows, more, columns = 1 }: TitledRows,
): MailBlock {
  const wideRow = (text: string, look: string, style: string) => ({
    text,
    html: html`
      <tr>
        <td class="${look}" colspan="${columns}"
          style="${style}">${text}</td>
      </tr>
    `,
  });
  return tableBlock([
    wideRow(title, "text", STYLES.listTitle),
    ...rows,
    ...more === 0 ? [] : [wideRow(`… and ${more} more`, "muted", STYLES.more)],
  ]);
}

/** @returns a link that looks like something to press. */
export function buttonBlock(
  url: string,
  label: string,
  colours: Colours,
): MailBlock {
  const styles = coloured(colours);
  return {
    html: html`
      <table role="presentation" cellpadding="0" cellspacing="0"
        style="${STYLES.block}">
        <tr>
          <td bgcolor="${colours.strong}" style="${styles.button}">
            <a href="${url}" style="${styles.buttonLink}">${label}</a>
          </td>
        </tr>
      </table>
    `,
    text: `${label}: ${url}`,
  };
}

/** @returns one line beneath the other: not every client keeps line feeds. */
export function withLineBreaks(lines: readonly (Html | string)[]): Html {
  return html`${
    lines.map((line, index) => index === 0 ? html`${line}` : html`<br>${line}`)
  }`;
}
