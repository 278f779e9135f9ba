import { callRpc } from "./client.ts";

/** Open amounts of one currency, by the days since they were due. */
export interface Aging {
  readonly currency: string | null;
  readonly notDue: number;
  readonly days1To30: number;
  readonly days31To60: number;
  readonly days61To90: number;
  readonly daysOver90: number;
  readonly partialNotDue: number;
  readonly partialOverdue: number;
}

/** An agency with its clock and what is open. */
export interface AgencyOverview {
  readonly agencyId: string;
  readonly name: string;
  readonly timezone: string | null;
  /** Without an offset: in the agency's own zone. */
  readonly localTime: string | null;
  readonly cutoffTime: string | null;
  readonly graceDays: number;
  /** ISO 8601: 1 is Monday. */
  readonly closedWeekdays: readonly number[];
  readonly dueSoonThresholdDays: number;
  /** When something can become overdue next: the cut-off of an open day. */
  readonly nextCutoffAt: string | null;
  /** What is due before this date is overdue then. */
  readonly nextCutoffDueBefore: string | null;
  readonly dueSoon: number;
  readonly overdue: number;
  readonly aging: readonly Aging[];
  readonly lastMarkedAt: string | null;
  /** That the last runs failed for it; null also for those who may not know. */
  readonly leftOut: {
    readonly jobName: string;
    readonly error: string | null;
    readonly failures: number;
    readonly since: string;
  } | null;
}

/** An agency whose clock is not the one by which it was marked lately. */
export interface ChangedClock {
  readonly agencyId: string;
  readonly name: string;
  readonly timezone: string | null;
  readonly cutoffTime: string;
  readonly formerTimezone: string;
  readonly formerCutoffTime: string;
  readonly lastMarkedAt: string;
  /** The SQL that gives the former clock back, with the project's own names. */
  readonly statement: string;
}

/** Reads the agencies whose zone or cut-off was changed in the last seven days. */
export function changedClocks(signal?: AbortSignal): Promise<ChangedClock[]> {
  return callRpc("changed_clocks", {}, signal);
}

/** The position after which a page begins. */
export interface Position {
  readonly name: string;
  readonly id: string;
}

/** How many agencies a page has. */
export const PAGE = 25;

/** Reads agencies by name, and one more, which shows whether there is a next page. */
export function listAgencies(
  { search, after }: { search?: string; after?: Position },
  signal?: AbortSignal,
): Promise<AgencyOverview[]> {
  return callRpc("list_agencies", {
    search: search ?? null,
    after_name: after?.name ?? null,
    after_id: after?.id ?? null,
    max_count: PAGE + 1,
  }, signal);
}

/** An agency, as the page of one shows it. */
export interface AgencyReport {
  readonly agency: AgencyOverview;
  /** By the settings that are saved. */
  readonly preview: Preview;
  /** Null where it is the clock by which it was marked lately. */
  readonly changedClock: ChangedClock | null;
}

/** Reads what is known of one agency; null when it is not there to be seen. */
export function readAgency(
  id: string,
  signal?: AbortSignal,
): Promise<AgencyReport | null> {
  return callRpc("agency_report", { agency_id: id }, signal);
}

interface Amount {
  readonly currency: string | null;
  readonly installments: number;
  readonly amount: number;
}

/** What a run would mark overdue. */
export interface Preview {
  readonly asOf: string;
  readonly installments: number;
  readonly amounts: readonly Amount[];
}

/** Settings to be tried in place of the agency's own. */
export interface Settings {
  readonly timezone?: string;
  readonly cutoffTime?: string;
  readonly graceDays?: number;
}

/** Asks what a run would mark now, with these settings. It changes nothing. */
export function previewOverdue(
  agencyId: string,
  { timezone, cutoffTime, graceDays }: Settings,
  signal?: AbortSignal,
): Promise<Preview> {
  return callRpc("preview_overdue", {
    agency_id: agencyId,
    timezone: timezone ?? null,
    cutoff_time: cutoffTime ?? null,
    grace_days: graceDays ?? null,
  }, signal);
}

/** What was corrected, or would be. */
export interface Correction {
  readonly dryRun: boolean;
  readonly corrected: number;
  readonly remaining: number;
  readonly byAgency: readonly {
    readonly agencyId: string;
    readonly name: string;
    readonly corrected: number;
    readonly reasons: Readonly<Record<string, number>>;
  }[];
  readonly runId: string | null;
}

/** Sets back to pending what Duewatch has marked and the rule of today does not. */
export function correctOverdue(
  { agencyId, runId, dryRun }: {
    readonly agencyId?: string;
    readonly runId?: string;
    readonly dryRun: boolean;
  },
): Promise<Correction> {
  return callRpc("correct_overdue", {
    agency_id: agencyId ?? null,
    run_id: runId ?? null,
    dry_run: dryRun,
  });
}

/** An installment that a search has found. */
export interface FoundInstallment {
  readonly installmentId: string;
  readonly studentName: string | null;
  readonly courseName: string | null;
  readonly agencyId: string;
  readonly agencyName: string;
  readonly amount: number;
  readonly currency: string | null;
  readonly dueDate: string;
  readonly status: string;
  readonly planStatus: string;
}

/** What a search has found. */
export interface Findings {
  readonly installments: readonly FoundInstallment[];
  /** Whether these are all that match. */
  readonly complete: boolean;
  /** Whether plans have a student's name to search for. */
  readonly byStudent: boolean;
}

/** Finds installments by their id or by a part of the student's name. */
export function findInstallments(
  search: string,
  signal?: AbortSignal,
): Promise<Findings> {
  return callRpc("find_installments", { search, max_count: 50 }, signal);
}

/** Why an installment is overdue, when it will be, or why never. */
export interface Explanation {
  readonly verdict: string;
  readonly sentence: string;
  readonly status: string;
  readonly planStatus: string;
  readonly dueDate: string;
  readonly overdueAt: string | null;
  readonly agency: {
    readonly name: string;
    readonly timezone: string | null;
    readonly localTime: string | null;
    readonly cutoffTime: string;
    readonly graceDays: number;
  };
  readonly markedBy: { readonly runId: string; readonly at: string } | null;
}

/** A change of an installment's status that Duewatch has made. */
export interface StatusChange {
  readonly changedAt: string;
  readonly fromStatus: string;
  readonly toStatus: string;
  readonly runId: string;
  readonly timezone: string;
  /** Without an offset: in that zone. */
  readonly localTime: string;
  readonly cutoffTime: string;
  readonly effectiveDueDate: string;
  readonly reason: string;
}

/** An installment, as the page of one shows it. */
export interface InstallmentReport {
  readonly installment: FoundInstallment;
  readonly explanation: Explanation;
  readonly history: readonly StatusChange[];
}

/** Reads what is known of one installment; null when it is not there to be seen. */
export function readInstallment(
  id: string,
  signal?: AbortSignal,
): Promise<InstallmentReport | null> {
  return callRpc("installment_report", { installment_id: id }, signal);
}
