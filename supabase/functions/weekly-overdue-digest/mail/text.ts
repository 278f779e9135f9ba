import type {
  DigestDescription,
  InstallmentLine,
  InstallmentList,
  TotalLine,
} from "./describe.ts";

/** @returns the mail for readers that show no HTML. */
export function textPart(description: DigestDescription): string {
  const { title, agency, summary, totals, link, footnote } = description;
  return [
    agency === null ? title : `${title}\n${agency}`,
    summary,
    `Total by currency\n${table(totals)}${andMore(description.moreTotals)}`,
    ...description.lists.map(list),
    link === null ? null : `${link.label}: ${link.url}`,
    `--\n${footnote.join("\n")}`,
  ].filter((part) => part !== null).join("\n\n") + "\n";
}

function table(totals: readonly TotalLine[]): string {
  const widthOf = (text: (total: TotalLine) => string) =>
    Math.max(...totals.map((total) => text(total).length));
  const currencyWidth = widthOf(({ currency }) => currency);
  const amountWidth = widthOf(({ amount }) => amount);
  return totals.map(({ currency, amount, count }) =>
    `${currency.padEnd(currencyWidth)}  ${amount.padStart(amountWidth)}` +
    `  (${count})`
  ).join("\n");
}

function list({ title, lines, more }: InstallmentList): string {
  return [title, ...lines.map(installment)].join("\n") + andMore(more);
}

function installment({ name, course, due, amount }: InstallmentLine): string {
  const who = course === null ? name : `${name}, ${course}`;
  return `- ${amount}: ${who}\n  ${due}`;
}

function andMore(count: number): string {
  return count === 0 ? "" : `\n… and ${count} more`;
}
