import { singleLine, truncate } from "../../_shared/truncate.ts";
import { pluralize } from "../../_shared/format.ts";
import type { Digest, Installment, Total } from "../digest.ts";
import { date, longDate } from "./dates.ts";
import { currencyName, inCurrency, money } from "./money.ts";

/** Where the mail leads to. */
export interface DigestLink {
  readonly url: string;
  readonly label: string;
}

/** One currency's line. */
export interface TotalLine {
  readonly currency: string;
  /** Such as `7 installments`. */
  readonly count: string;
  readonly amount: string;
}

/** One installment's lines. */
export interface InstallmentLine {
  /** Who has to pay. */
  readonly name: string;
  readonly course: string | null;
  /** Such as `due 20 November 2026, 3 days overdue`. */
  readonly due: string;
  readonly amount: string;
}

/** Some of the installments. */
export interface InstallmentList {
  readonly title: string;
  readonly lines: readonly InstallmentLine[];
  /** How many more there are than are listed. */
  readonly more: number;
}

/**
 * What a digest says, whatever it looks like: every text on one line and short
 * enough, none escaped.
 */
export interface DigestDescription {
  readonly subject: string;
  readonly title: string;
  readonly agency: string | null;
  readonly summary: string;
  readonly totals: readonly TotalLine[];
  /** How many more there are than are listed. */
  readonly moreTotals: number;
  readonly lists: readonly InstallmentList[];
  readonly link: DigestLink | null;
  readonly footnote: readonly string[];
}

const MAX_NAME = 100;
const MAX_TOTALS = 20;
const inWords = new Intl.ListFormat("en-GB");
// In a sentence; the table has them all.
const MAX_TOTALS_NAMED = 3;

// Mail clients show the first 60 or so; some servers refuse very long lines.
const MAX_SUBJECT = 150;

/**
 * @param linkUrl the page on which agencies see their installments; null for
 *   none.
 */
export function describeDigest(
  digest: Digest,
  linkUrl: string | null,
): DigestDescription {
  const { installments, totals } = digest;
  const overdue = pluralize(installments, "overdue installment");
  const agency = digest.agency.name === null ? null : short(digest.agency.name);
  const zone = short(digest.timezone);
  const were = installments === 1 ? "was" : "were";
  return {
    subject: subjectOf(overdue, agency, date(digest.local_date)),
    title: overdue,
    agency,
    summary: `At ${singleLine(digest.local_time)} on ` +
      `${longDate(digest.local_date)} (${zone}), ` +
      `${pluralize(installments, "installment")} ${were} overdue: ` +
      `${inAll(totals)}.`,
    totals: totals.slice(0, MAX_TOTALS).map(totalLine),
    moreTotals: Math.max(0, totals.length - MAX_TOTALS),
    lists: listsOf(digest),
    link: linkUrl === null
      ? null
      : { url: linkUrl, label: "See all installments" },
    footnote: [
      `Duewatch · overdue installments, week ${singleLine(digest.week)}`,
      `Dates and times are those of ${zone}`,
    ],
  };
}

// The date keeps the mails of two weeks apart where a client groups them.
function subjectOf(
  overdue: string,
  agency: string | null,
  today: string,
): string {
  const after = `, ${today}`;
  const before = agency === null ? overdue : `${overdue} at ${agency}`;
  return truncate(before, MAX_SUBJECT - after.length) + after;
}

function inAll(totals: readonly Total[]): string {
  const named = totals.slice(0, MAX_TOTALS_NAMED)
    .map(({ amount, currency }) => money(amount, currency));
  const others = totals.length - named.length;
  if (others > 0) {
    named.push(
      others === 1 ? "1 other currency" : `${others} other currencies`,
    );
  }
  return inWords.format(named);
}

function totalLine({ currency, installments, amount }: Total): TotalLine {
  return {
    currency: currency === null ? "No currency" : currencyName(currency),
    count: pluralize(installments, "installment"),
    amount: inCurrency(amount, currency),
  };
}

function installmentLine(
  { id, student_name, course_name, ...installment }: Installment,
  today: string,
): InstallmentLine {
  const { amount, currency } = installment;
  return {
    name: student_name === null ? `Installment ${id}` : short(student_name),
    course: course_name === null ? null : short(course_name),
    due: dueLine(installment, today),
    amount: money(amount, currency),
  };
}

function dueLine(
  { due_date, days_overdue }: Pick<Installment, "due_date" | "days_overdue">,
  today: string,
): string {
  if (due_date === null || days_overdue === null) {
    return "marked overdue, without a valid due date";
  }
  if (due_date === today) return `due today, ${date(due_date)}`;
  if (days_overdue === 0) {
    return `due date moved to ${date(due_date)}, still marked overdue`;
  }
  return `due ${date(due_date)}, ${pluralize(days_overdue, "day")} overdue`;
}

function listsOf(
  { installments, oldest, largest, totals, local_date }: Digest,
): InstallmentList[] {
  const lineOf = (each: Installment) => installmentLine(each, local_date);
  if (installments === 1) {
    return [{ title: "The installment", lines: [lineOf(oldest)], more: 0 }];
  }
  // Amounts in two currencies do not compare.
  const byCurrency = totals.flatMap((total): InstallmentList[] => {
    const listed = largest.filter(({ currency }) =>
      currency === total.currency
    );
    return listed.length === 0 ? [] : [{
      title: largestTitle(total, listed.length, totals.length > 1),
      lines: listed.map(lineOf),
      more: Math.max(0, total.installments - listed.length),
    }];
  });
  return [
    { title: "The oldest", lines: [lineOf(oldest)], more: 0 },
    ...byCurrency,
  ];
}

function largestTitle(
  { currency, installments }: Total,
  listed: number,
  isOneOfSeveral: boolean,
): string {
  const where = !isOneOfSeveral
    ? ""
    : currency === null
    ? " without a currency"
    : ` in ${currencyName(currency)}`;
  if (installments > listed) return `The ${listed} largest${where}`;
  if (!isOneOfSeveral) return "All of them, the largest first";
  return installments === 1
    ? `The one${where}`
    : `All${where}, the largest first`;
}

function short(text: string): string {
  return truncate(singleLine(text), MAX_NAME);
}
