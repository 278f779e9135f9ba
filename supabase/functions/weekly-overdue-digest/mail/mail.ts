import { html } from "hono/html";
import {
  buttonBlock,
  listBlock,
  type MailBlock,
  withLineBreaks,
} from "../../_shared/mail/blocks.ts";
import { type Mail, renderMail } from "../../_shared/mail/render.ts";
import { STYLES } from "../../_shared/mail/style.ts";
import type { Digest } from "../digest.ts";
import {
  describeDigest,
  type DigestDescription,
  type InstallmentLine,
} from "./describe.ts";

// None of the colours of a job's state: this is another kind of mail.
const BLUE = { strong: "#1849a9", onStrong: "#ffffff" };

/**
 * Renders an agency's digest as a mail. The same digest gives the same bytes: a
 * repeated send has to be the same mail.
 *
 * @param linkUrl the page on which agencies see their installments; null for
 *   none.
 */
export function digestMail(digest: Digest, linkUrl: string | null): Mail {
  const description = describeDigest(digest, linkUrl);
  const { subject, title, agency, summary, lists, link, footnote } =
    description;
  return renderMail({
    subject,
    windowTitle: subject,
    band: {
      colours: BLUE,
      word: "Weekly digest",
      title,
      subtitle: agency === null ? null : html`${agency}`,
    },
    heading: agency === null ? title : `${title}\n${agency}`,
    summary,
    blocks: [
      totalTable(description),
      ...lists.map(({ title, lines, more }) =>
        listBlock({ title, rows: lines.map(installmentRow), more, columns: 2 })
      ),
      ...link === null ? [] : [buttonBlock(link.url, link.label, BLUE)],
    ],
    footnote: { html: withLineBreaks(footnote), text: footnote.join("\n") },
  });
}

function totalTable({ totals, moreTotals }: DigestDescription): MailBlock {
  const longest = (texts: readonly string[]) =>
    Math.max(...texts.map(({ length }) => length));
  const currencyWidth = longest(totals.map(({ currency }) => currency));
  const amountWidth = longest(totals.map(({ amount }) => amount));
  return listBlock({
    title: "Total by currency",
    rows: totals.map(({ currency, count, amount }) => ({
      html: html`
        <tr>
          <td class="text line" width="90"
            style="${STYLES.entry}">${currency}</td>
          <td class="muted line" style="${STYLES.label}">${count}</td>
          <td class="text line" align="right"
            style="${STYLES.figure}"><strong>${amount}</strong></td>
        </tr>
      `,
      text: `${currency.padEnd(currencyWidth)}  ` +
        `${amount.padStart(amountWidth)}  (${count})`,
    })),
    more: moreTotals,
    columns: 3,
  });
}

function installmentRow(
  { name, course, due, amount }: InstallmentLine,
): MailBlock {
  const lines = [
    html`<strong>${name}</strong>`,
    ...course === null ? [] : [course],
    html`<span class="muted" style="${STYLES.note}">${due}</span>`,
  ];
  return {
    html: html`
      <tr>
        <td class="text line" valign="top"
          style="${STYLES.entry}">${withLineBreaks(lines)}</td>
        <td class="text line" align="right" valign="top"
          style="${STYLES.figure}">${amount}</td>
      </tr>
    `,
    text: `- ${amount}: ${name}${course === null ? "" : `, ${course}`}\n` +
      `  ${due}`,
  };
}
