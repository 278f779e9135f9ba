import { z } from "zod";
import { JobsError } from "../errors.ts";
import type { Target } from "../target.ts";
import { dataRefusal } from "./refusal.ts";
import { sendCall } from "./send.ts";

const explanation = z.looseObject({
  installmentId: z.string(),
  verdict: z.string(),
  sentence: z.string(),
  status: z.string(),
  planStatus: z.string(),
  dueDate: z.string().nullable(),
  effectiveDueDate: z.string().nullable(),
  overdueAt: z.string().nullable(),
  agency: z.looseObject({
    id: z.string(),
    name: z.string().nullable(),
    timezone: z.string().nullable(),
    localTime: z.string().nullable(),
    cutoffTime: z.string(),
    graceDays: z.number(),
  }),
  markedBy: z.looseObject({ runId: z.string(), at: z.string() }).nullable(),
});

const change = z.looseObject({
  changed_at: z.string(),
  from_status: z.string(),
  to_status: z.string(),
  run_id: z.string(),
  as_of: z.string(),
  timezone: z.string(),
  local_time: z.string(),
  cutoff_time: z.string(),
  effective_due_date: z.string().nullable(),
  reason: z.string(),
});

const amount = z.looseObject({
  currency: z.string().nullable(),
  installments: z.number(),
  amount: z.number(),
});

const preview = z.looseObject({
  asOf: z.string(),
  installments: z.number(),
  amounts: z.array(amount),
  byAgency: z.array(z.looseObject({
    agencyId: z.string(),
    name: z.string().nullable(),
    installments: z.number(),
    amounts: z.array(amount),
    dueBefore: z.string(),
    timezone: z.string(),
    localTime: z.string(),
    cutoffTime: z.string(),
    graceDays: z.number(),
  })),
});

const correction = z.looseObject({
  dryRun: z.boolean(),
  corrected: z.number(),
  remaining: z.number(),
  byAgency: z.array(z.looseObject({
    agencyId: z.string(),
    name: z.string().nullable(),
    corrected: z.number(),
    reasons: z.record(z.string(), z.number()),
  })),
  errors: z.array(z.looseObject({
    id: z.string(),
    name: z.string().nullable(),
    error: z.string(),
  })),
  runId: z.string().nullable(),
});

export type Explanation = z.output<typeof explanation>;
export type StatusChange = z.output<typeof change>;
export type Preview = z.output<typeof preview>;
export type Correction = z.output<typeof correction>;

/** All calls of a correction, added up. */
export interface CorrectionResult {
  readonly corrected: number;
  readonly remaining: number;
  readonly byAgency: Correction["byAgency"];
  readonly errors: Correction["errors"];
  readonly runIds: readonly string[];
}

/** At which instant and with which settings a preview judges. */
export interface PreviewQuery {
  readonly asOf?: string;
  readonly agencyId?: string;
  readonly timezone?: string;
  readonly cutoffTime?: string;
  readonly graceDays?: number;
}

/** What to correct; all of it unless said otherwise. */
export interface CorrectionRequest {
  readonly agencyId?: string;
  readonly runId?: string;
  readonly dryRun: boolean;
}

/** What the commands about installments need from a project. */
export interface InstallmentsClient {
  /** The address of the project, for messages. */
  readonly name: string;
  /** @returns null when there is no installment with this id. */
  explain(id: string, asOf?: string): Promise<Explanation | null>;
  /** @returns the changes that Duewatch made, newest first. */
  history(id: string): Promise<StatusChange[]>;
  preview(query: PreviewQuery): Promise<Preview>;
  /** Corrects at most 50,000 installments, or says what would be corrected. */
  correct(request: CorrectionRequest): Promise<Correction>;
}

// Longer than the database works on one of them: 8 and 60 seconds.
const READING_TIMEOUT_MS = 20_000;
const CORRECTION_TIMEOUT_MS = 70_000;

/**
 * Creates the client of a project's Data API. Its methods throw a `JobsError`
 * when they get no answer that can be used.
 *
 * @param target with the secret key of the project.
 * @param options.signal ends every request, which rejects with its reason.
 */
export function createInstallmentsClient(
  target: Target,
  { signal }: { readonly signal?: AbortSignal } = {},
): InstallmentsClient {
  async function call<Schema extends z.ZodType>(
    name: string,
    args: Readonly<Record<string, unknown>>,
    schema: Schema,
    timeoutMs = READING_TIMEOUT_MS,
  ): Promise<z.output<Schema>> {
    const answer = await sendCall(target, { name, args, timeoutMs, signal });
    if (answer.status !== 200) {
      throw new JobsError(dataRefusal(target, name, answer));
    }
    const parsed = schema.safeParse(answer.body);
    if (parsed.success) return parsed.data;
    throw new JobsError(dataRefusal(target, name, answer));
  }

  return {
    name: target.name,
    explain: (id, asOf) =>
      call(
        "explain_installment",
        { installment_id: id, as_of: asOf },
        explanation.nullable(),
      ),
    history: (id) =>
      call("installment_history", { installment_id: id }, z.array(change)),
    preview: ({ asOf, agencyId, timezone, cutoffTime, graceDays }) =>
      call("preview_overdue", {
        as_of: asOf,
        agency_id: agencyId,
        timezone,
        cutoff_time: cutoffTime,
        grace_days: graceDays,
      }, preview),
    correct: ({ agencyId, runId, dryRun }) =>
      call(
        "correct_overdue",
        { agency_id: agencyId, run_id: runId, dry_run: dryRun },
        correction,
        CORRECTION_TIMEOUT_MS,
      ),
  };
}
