import type { ControlRequest } from "../../../../supabase/functions/job-control/request.ts";
import type { HealthReport } from "../../../../supabase/functions/check-job-health/report.ts";
import type {
  Page,
  Run,
} from "../../../../supabase/functions/job-logs/runs.ts";
import type { Action } from "../../../jobs/api/answers.ts";
import { config } from "./config.ts";
import { Failure, failureOf } from "./failure.ts";
import { accessToken } from "./session.ts";

export type { Action, ControlRequest, HealthReport, Page, Run };
export type JobReport = HealthReport["jobs"][number];
export type Reason = JobReport["reasons"][number];
export type RecentRun = NonNullable<JobReport["recentRuns"]>[number];
export type ChannelReport = HealthReport["channels"][number];
export type OpenIncident = HealthReport["incidents"][number];
export type LoggedIncident = NonNullable<HealthReport["incidentLog"]>[number];
export type Timeline = NonNullable<Page["timeline"]>;

const TIMEOUT_MS = 20_000;
// The function waits for a run as long as this.
const CONTROL_TIMEOUT_MS = 40_000;

const [functions, rest] = config.mode === "process"
  ? ["api/functions", "api/rest"]
  : [`${config.project}/functions/v1`, `${config.project}/rest/v1`];

type Parameters = Readonly<Record<string, string | number | undefined>>;

/** Reads the health report. It never raises and never delivers an alert. */
export function readHealth(
  { recentRuns, incidentLog }: { recentRuns?: number; incidentLog?: number },
  signal?: AbortSignal,
): Promise<HealthReport> {
  const query = {
    dryRun: "true",
    failOnCritical: "false",
    recentRuns,
    incidentLog,
  };
  return ask(`${functions}/check-job-health`, { query, signal });
}

/** Which runs to list. */
export interface RunsQuery {
  readonly jobName?: string;
  readonly status?: string;
  readonly trigger?: string;
  readonly from?: string;
  readonly to?: string;
  readonly cursor?: string;
  readonly limit?: number;
}

/** Reads a page of runs, newest first, with the names of all jobs. */
export function listRuns(
  query: RunsQuery,
  signal?: AbortSignal,
): Promise<Page> {
  return ask(`${functions}/job-logs`, {
    query: { ...query, jobNames: "true" },
    signal,
  });
}

/** Reads one run with its timeline. */
export function readRun(id: string, signal?: AbortSignal): Promise<Page> {
  return ask(`${functions}/job-logs`, {
    query: { id, timeline: "true" },
    signal,
  });
}

/** Does what an operator asks. */
export function control(request: ControlRequest): Promise<Action> {
  return ask(`${functions}/job-control`, {
    method: "POST",
    body: request,
    timeoutMs: CONTROL_TIMEOUT_MS,
  });
}

/** Reads rows through the Data API; row level security decides. */
export function readRows<Row>(
  table: string,
  query: Parameters,
  signal?: AbortSignal,
): Promise<Row[]> {
  return ask(`${rest}/${table}`, { query, signal });
}

/** Calls a database function through the Data API. */
export function callRpc<Answer>(
  name: string,
  args: Readonly<Record<string, unknown>>,
  signal?: AbortSignal,
): Promise<Answer> {
  return ask(`${rest}/rpc/${name}`, { method: "POST", body: args, signal });
}

interface Question {
  readonly method?: "GET" | "POST";
  readonly query?: Parameters;
  readonly body?: unknown;
  readonly signal?: AbortSignal;
  readonly timeoutMs?: number;
}

async function ask<Answer>(path: string, question: Question): Promise<Answer> {
  const { method = "GET", query = {}, body, signal } = question;
  const url = new URL(path, document.baseURI);
  for (const [name, value] of Object.entries(query)) {
    if (value !== undefined) url.searchParams.set(name, String(value));
  }
  const limit = AbortSignal.timeout(question.timeoutMs ?? TIMEOUT_MS);
  const token = config.mode === "sign-in" ? await accessToken() : null;
  try {
    const response = await fetch(url, {
      method,
      headers: {
        ...body !== undefined && { "Content-Type": "application/json" },
        ...config.mode === "sign-in" && {
          apikey: config.publishableKey,
          Authorization: `Bearer ${token}`,
        },
      },
      ...body !== undefined && { body: JSON.stringify(body) },
      redirect: "error",
      cache: "no-store",
      signal: AbortSignal.any([limit, ...signal ? [signal] : []]),
    });
    if (response.ok) return await response.json();
    throw await failureOf(response, slugOf(path));
  } catch (error) {
    if (error instanceof Failure || signal?.aborted) throw error;
    throw new Failure(
      "unreachable",
      limit.aborted
        ? "The functions took longer than 20 seconds to answer."
        : "The functions do not answer.",
    );
  }
}

// The last part of the path, where it is that of a function.
function slugOf(path: string): string | null {
  return path.startsWith(`${functions}/`)
    ? path.slice(functions.length + 1)
    : null;
}
