import { type ExitCode, type InstallmentsContext, show } from "../context.ts";
import { JobsError } from "../errors.ts";
import {
  formatExplanation,
  formatHistory,
  formatPreview,
} from "../render/installments.ts";

/** `explain <installment>`: why it is overdue, or when it will be. */
export async function explain(
  context: InstallmentsContext,
  id: string,
  { asOf }: { readonly asOf?: string },
): Promise<ExitCode> {
  const explanation = await context.installments.explain(id, asOf);
  if (explanation === null) {
    throw new JobsError(`There is no installment ${id}.`);
  }
  show(context, explanation, (view) => formatExplanation(explanation, view));
  return 0;
}

/** `history <installment>`: what Duewatch has done to its status. */
export async function history(
  context: InstallmentsContext,
  id: string,
): Promise<ExitCode> {
  const changes = await context.installments.history(id);
  show(context, changes, (view) => formatHistory(id, changes, view));
  return 0;
}

/** Options of `preview`. */
export interface PreviewOptions {
  readonly agency?: string;
  readonly timezone?: string;
  readonly cutoff?: string;
  readonly grace?: number;
  readonly asOf?: string;
}

/** `preview`: what a run would mark, also with other settings. */
export async function preview(
  context: InstallmentsContext,
  { agency, timezone, cutoff, grace, asOf }: PreviewOptions,
): Promise<ExitCode> {
  const found = await context.installments.preview({
    asOf,
    agencyId: agency,
    timezone,
    cutoffTime: cutoff,
    graceDays: grace,
  });
  show(context, found, (view) => formatPreview(found, view));
  return 0;
}
