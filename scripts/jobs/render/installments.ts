import { singleLine } from "../../../supabase/functions/_shared/truncate.ts";
import { pluralize } from "../../../supabase/functions/_shared/format.ts";
import { formatFacts } from "../../stack/facts.ts";
import type {
  Explanation,
  Preview,
  StatusChange,
} from "../api/installments.ts";
import { wrap } from "../text/wrap.ts";
import { ifRoom, tableOf } from "./columns.ts";
import { withAge } from "./instants.ts";
import { shortId } from "./runs.ts";
import { inParts, type View } from "./view.ts";

/** @returns the sentence, and the facts behind it. */
export function formatExplanation(
  { agency, markedBy, ...installment }: Explanation,
  view: View,
): string {
  const local = agency.localTime?.replace("T", " ") ?? null;
  const facts = [
    ["installment", installment.installmentId],
    ["verdict", installment.verdict],
    ["status", installment.status],
    ["plan", installment.planStatus],
    ["due", installment.dueDate],
    ["counts as due", installment.effectiveDueDate],
    [
      "overdue at",
      installment.overdueAt && withAge(installment.overdueAt, view.now),
    ],
    ["agency", agency.name ?? agency.id],
    ["time zone", agency.timezone],
    ["local time", local],
    ["cut-off", agency.cutoffTime],
    ["grace", agency.graceDays === 0 ? null : `${agency.graceDays} days`],
    [
      "marked",
      markedBy &&
      `${withAge(markedBy.at, view.now)} by run ${shortId(markedBy.runId)}`,
    ],
  ] as const;
  return inParts(
    wrap(singleLine(installment.sentence), view.width),
    formatFacts(
      facts.map(([name, value]) => [
        name,
        value === null ? null : singleLine(value),
      ]),
    ),
  );
}

/** @returns a table with a line for each change, newest first. */
export function formatHistory(
  id: string,
  changes: readonly StatusChange[],
  view: View,
): string {
  if (changes.length === 0) {
    return `Duewatch has not changed the status of ${singleLine(id)}, or ` +
      "there is no such installment.";
  }
  const { text, minute, format } = tableOf<StatusChange>(view);
  return format([
    minute("changed", ({ changed_at }) => changed_at),
    text("from", ({ from_status }) => from_status),
    text("to", ({ to_status }) => to_status),
    text("reason", ({ reason }) => reason),
    text("run", ({ run_id }) => shortId(run_id)),
    ...ifRoom(
      text("counts as due", ({ effective_due_date }) => effective_due_date),
      text("local time", ({ local_time }) => local_time.replace("T", " ")),
      text("time zone", ({ timezone }) => timezone),
      text("cut-off", ({ cutoff_time }) => cutoff_time),
    ),
  ], changes);
}

/** @returns what a run would mark: a line for each agency and currency. */
export function formatPreview(preview: Preview, view: View): string {
  const asOf = withAge(preview.asOf, view.now);
  if (preview.installments === 0) {
    return `A run at ${asOf} would mark nothing.`;
  }
  const rows = preview.byAgency.flatMap(({ amounts, ...agency }) =>
    amounts.map((amount) => ({ ...agency, ...amount }))
  );
  const { text, number, format } = tableOf<typeof rows[number]>(view);
  const table = format([
    text("agency", ({ name, agencyId }) => name ?? agencyId),
    number("installments", ({ installments }) => installments),
    text("amount", ({ amount }) => amountText(amount), { align: "right" }),
    text("currency", ({ currency }) => currency),
    text("due before", ({ dueBefore }) => dueBefore),
    ...ifRoom(
      text("local time", ({ localTime }) => localTime.replace("T", " ")),
      text("cut-off", ({ cutoffTime }) => cutoffTime),
      number("grace", ({ graceDays }) => graceDays),
    ),
  ], rows);
  const count = pluralize(preview.installments, "installment");
  return inParts(
    `A run at ${asOf} would mark ${count} overdue.`,
    table,
  );
}

function amountText(amount: number): string {
  return new Intl.NumberFormat("en-US", { minimumFractionDigits: 2 })
    .format(amount);
}
