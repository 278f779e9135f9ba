import { formatNumber } from "../../../supabase/functions/_shared/format.ts";
import type { Correction, CorrectionResult } from "../api/installments.ts";
import {
  type ExitCode,
  type InstallmentsContext,
  toJson,
  viewOf,
} from "../context.ts";
import { JobsError } from "../errors.ts";
import { formatCorrection, formatDryRun } from "../render/correction.ts";

/** Options of `correct`. */
export interface CorrectOptions {
  /** The id of an agency; all agencies by default. */
  readonly agency?: string;
  /** The id of a run; what any run has marked by default. */
  readonly run?: string;
  /** Correct without asking. */
  readonly yes: boolean;
}

// Fifty million installments. Each call corrects something, or it is the last.
const MOST_CALLS = 1000;

/**
 * `correct`: sets back to pending what is wrongly overdue. It shows what it would
 * do and asks before it does it.
 *
 * @returns 1 when something remains, because it is held or its agency fails.
 */
export async function correct(
  context: InstallmentsContext,
  { agency, run, yes }: CorrectOptions,
): Promise<ExitCode> {
  const { installments, terminal, json } = context;
  const what = { agencyId: agency, runId: run };
  const dryRun = await installments.correct({ ...what, dryRun: true });
  const count = dryRun.corrected + dryRun.remaining;
  if (json && !yes) {
    terminal.print(toJson(dryRun, 2));
    return 0;
  }
  if (!json) terminal.print(formatDryRun(dryRun, viewOf(context)));
  // With --yes it is called all the same: that ends the incident of a failed one.
  if (count === 0 && !yes) return 0;

  if (!yes) {
    const installmentsText = count === 1
      ? "this installment"
      : `these ${formatNumber(count)} installments`;
    const agreed = terminal.ask(`Set ${installmentsText} back to pending?`);
    if (agreed === null) {
      throw new JobsError(
        "Nothing was changed: there is no terminal to ask on. Add --yes to " +
          "correct without a question.",
      );
    }
    if (!agreed) {
      terminal.note("Nothing was changed.");
      return 0;
    }
  }

  const result = await correctAll(context, what);
  terminal.print(
    json
      ? toJson({ dryRun, ...result }, 2)
      : formatCorrection(result, viewOf(context)),
  );
  return result.remaining === 0 ? 0 : 1;
}

async function correctAll(
  { installments, terminal, json }: InstallmentsContext,
  what: { readonly agencyId?: string; readonly runId?: string },
): Promise<CorrectionResult> {
  const parts: Correction[] = [];
  for (let call = 1; call <= MOST_CALLS; call++) {
    const part = await installments.correct({ ...what, dryRun: false });
    parts.push(part);
    // What remains then is held by others, or its agency fails.
    if (part.remaining === 0 || part.corrected === 0) break;
    if (!json) {
      terminal.note(
        `${formatNumber(sum(parts))} corrected, ` +
          `${formatNumber(part.remaining)} to go …`,
      );
    }
  }
  const last = parts[parts.length - 1];
  return {
    corrected: sum(parts),
    remaining: last.remaining,
    byAgency: addUp(parts),
    errors: last.errors,
    runIds: parts.flatMap(({ runId }) => runId ?? []),
  };
}

function sum(parts: readonly Correction[]): number {
  return parts.reduce((total, { corrected }) => total + corrected, 0);
}

function addUp(parts: readonly Correction[]): Correction["byAgency"] {
  const agencies = new Map<string, Correction["byAgency"][number]>();
  for (const agency of parts.flatMap(({ byAgency }) => byAgency)) {
    const former = agencies.get(agency.agencyId);
    const reasons = { ...former?.reasons };
    for (const [reason, count] of Object.entries(agency.reasons)) {
      reasons[reason] = (reasons[reason] ?? 0) + count;
    }
    agencies.set(agency.agencyId, {
      ...agency,
      corrected: (former?.corrected ?? 0) + agency.corrected,
      reasons,
    });
  }
  return [...agencies.values()].sort((a, b) => b.corrected - a.corrected);
}
