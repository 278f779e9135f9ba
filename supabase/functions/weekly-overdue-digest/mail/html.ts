import { html } from "hono/html";
import {
  block,
  button,
  type Html,
  mailPage,
  withLineBreaks,
} from "../../_shared/mail/page.ts";
import { STYLES } from "../../_shared/mail/style.ts";
import type {
  DigestDescription,
  InstallmentLine,
  InstallmentList,
  TotalLine,
} from "./describe.ts";

// None of the colours of a job's state: this is another kind of mail.
const BLUE = { strong: "#1849a9", onStrong: "#ffffff" };

/** @returns the mail as mail clients show it. */
export function htmlPart(description: DigestDescription): string {
  const { title, agency, summary, link, footnote } = description;
  return mailPage({
    title: description.subject,
    summary,
    band: {
      colours: BLUE,
      word: "Weekly digest",
      title,
      subtitle: agency === null ? null : html`${agency}`,
    },
    blocks: [
      totalTable(description),
      ...description.lists.map(list),
      ...link === null ? [] : [button(link.url, link.label, BLUE)],
    ],
    footnote: html`${withLineBreaks(footnote.map((line) => html`${line}`))}`,
  });
}

function totalTable({ totals, moreTotals }: DigestDescription): Html {
  return block([
    titleRow("Total by currency", 3),
    ...totals.map(totalRow),
    ...moreTotals === 0 ? [] : [moreRow(moreTotals, 3)],
  ]);
}

function list({ title, lines, more }: InstallmentList): Html {
  return block([
    titleRow(title, 2),
    ...lines.map(installmentRow),
    ...more === 0 ? [] : [moreRow(more, 2)],
  ]);
}

function titleRow(title: string, columns: number): Html {
  return html`
    <tr>
      <td class="text" colspan="${columns}"
        style="${STYLES.listTitle}">${title}</td>
    </tr>
  `;
}

function totalRow({ currency, count, amount }: TotalLine): Html {
  return html`
    <tr>
      <td class="text line" width="90" style="${STYLES.entry}">${currency}</td>
      <td class="muted line" style="${STYLES.label}">${count}</td>
      <td class="text line" align="right"
        style="${STYLES.figure}"><strong>${amount}</strong></td>
    </tr>
  `;
}

function installmentRow(
  { name, course, due, amount }: InstallmentLine,
): Html {
  const lines = [
    html`<strong>${name}</strong>`,
    ...course === null ? [] : [html`${course}`],
    html`<span class="muted" style="${STYLES.note}">${due}</span>`,
  ];
  return html`
    <tr>
      <td class="text line" valign="top"
        style="${STYLES.entry}">${withLineBreaks(lines)}</td>
      <td class="text line" align="right" valign="top"
        style="${STYLES.figure}">${amount}</td>
    </tr>
  `;
}

function moreRow(count: number, columns: number): Html {
  return html`
    <tr>
      <td class="muted" colspan="${columns}"
        style="${STYLES.more}">… and ${count} more</td>
    </tr>
  `;
}
