import type { Instant } from "./instant.ts";

/** What a run changed for an agency, as the main job logs it. */
export interface AgencyResult {
  readonly agency_id: string;
  readonly updated_count: number;
  readonly transitions: Readonly<Record<string, number>>;
}

/** A row of the log. */
export interface LoggedRun {
  readonly id: string;
  readonly jobName: string;
  readonly startedAt: Instant;
  readonly completedAt: Instant | null;
  readonly status: "running" | "success" | "failed";
  readonly recordsUpdated: number | null;
  readonly triggerSource: "cron" | "manual" | "catch_up" | "due" | null;
  readonly errorMessage: string | null;
  readonly errors:
    | readonly { id: string; name: string; error: string }[]
    | null;
  readonly agencies: readonly AgencyResult[] | null;
}
