import { singleLine } from "../../../supabase/functions/_shared/truncate.ts";
import {
  formatNumber,
  pluralize,
} from "../../../supabase/functions/_shared/format.ts";
import type { Correction, CorrectionResult } from "../api/installments.ts";
import { wrap } from "../text/wrap.ts";
import { tableOf } from "./columns.ts";
import { shortId } from "./runs.ts";
import { heading, inParts, type View } from "./view.ts";

type ByAgency = Correction["byAgency"];

const REASONS = new Map([
  ["settings_changed", "not overdue by the settings of today"],
  ["due_date_moved", "due date moved"],
  ["plan_not_active", "plan not active any more"],
]);

/** @returns what a correction would do. */
export function formatDryRun(dryRun: Correction, view: View): string {
  const count = dryRun.corrected + dryRun.remaining;
  if (count === 0) {
    return "Nothing is to be corrected: what Duewatch has marked is overdue " +
      "by the settings of today.";
  }
  return inParts(
    `${pluralize(count, "installment")} would be set back to pending.`,
    formatAgencies(dryRun.byAgency, view),
    dryRun.remaining > 0
      ? `The table shows the first ${formatNumber(dryRun.corrected)}.`
      : "",
  );
}

/** @returns what a correction has done, and what it has left. */
export function formatCorrection(
  { corrected, remaining, byAgency, errors, runIds }: CorrectionResult,
  view: View,
): string {
  const runs = runIds.length === 0
    ? ""
    : ` Logged as ${runIds.map(shortId).join(", ")}.`;
  const failures = errors.map(({ id, name, error }) =>
    wrap(singleLine(`${name ?? id}: ${error}`), view.width, "  ")
  );
  return inParts(
    `${pluralize(corrected, "installment")} set back to pending.${runs}`,
    formatAgencies(byAgency, view),
    failures.length === 0
      ? ""
      : [heading("Failed agencies", view), ...failures].join("\n"),
    remaining === 0
      ? ""
      : `${
        pluralize(remaining, "installment")
      } left: somebody holds the row, or the ` +
        "update of its agency fails. Run the command again.",
  );
}

function formatAgencies(agencies: ByAgency, view: View): string {
  if (agencies.length === 0) return "";
  const { text, number, format } = tableOf<ByAgency[number]>(view);
  return format([
    text("agency", ({ name, agencyId }) => name ?? agencyId),
    number("installments", ({ corrected }) => corrected),
    text("why", reasonsOf, { whenNarrow: "cut" }),
  ], agencies);
}

function reasonsOf({ reasons }: ByAgency[number]): string {
  return Object.entries(reasons)
    .map(([reason, count]) =>
      `${REASONS.get(reason) ?? reason} (${formatNumber(count)})`
    )
    .join(", ");
}
