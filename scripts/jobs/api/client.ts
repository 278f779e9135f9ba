import type { z } from "zod";
import type { Target } from "../target.ts";
import type { ControlRequest } from "../../../supabase/functions/job-control/request.ts";
import {
  type Action,
  controlAnswer,
  errorAnswer,
  type Health,
  health,
  type RunsPage,
  runsPage,
  type RunStatus,
  triggerAnswer,
} from "./answers.ts";
import { JobsError } from "../errors.ts";
import { refusal, toldBy } from "./refusal.ts";
import { type Answer, type FunctionRequest, NoAnswer, send } from "./send.ts";

/** Which runs to list, newest first. */
export interface RunsQuery {
  readonly jobName?: string;
  readonly status?: RunStatus;
  /** 1 to 100. */
  readonly limit: number;
  /** `nextCursor` of the page before. */
  readonly cursor?: string;
}

/** A run to start. */
export interface TriggerRequest {
  /** Name of the function. */
  readonly slug: string;
  readonly runId: string;
  /** How long to wait for the answer, in milliseconds. */
  readonly timeoutMs: number;
}

/** What became of a request to run a job. */
export type TriggerOutcome =
  /** The run's row has the result; `problem` is what it may lack. */
  | { readonly kind: "answered"; readonly problem: string | null }
  /** The run may be under way, or may never have begun; `reason` says why. */
  | { readonly kind: "unknown"; readonly reason: string }
  | { readonly kind: "already_running"; readonly runId: string }
  | { readonly kind: "no_such_job" };

/** What the commands need from a project. */
export interface JobsClient {
  /** The address of the project, for messages. */
  readonly name: string;
  /** Reads the health report; raises and delivers no alerts. */
  health(): Promise<Health>;
  listRuns(query: RunsQuery): Promise<RunsPage>;
  /** @returns the page of one run; null when there is none with this id. */
  findRun(id: string): Promise<RunsPage | null>;
  /** Runs a job and waits until its function has answered. */
  trigger(request: TriggerRequest): Promise<TriggerOutcome>;
  /** Does what an operator asks. */
  control(request: ControlRequest): Promise<Action>;
}

// Longer than the functions wait for the database.
const READING_TIMEOUT_MS = 20_000;

// Longer than job-control waits for the database, and for a test alert.
const CONTROL_TIMEOUT_MS = 40_000;
const TEST_TIMEOUT_MS = 90_000;

// Platforms hang up on a long request, which does not end the function.
const HUNG_UP = [502, 504, 546];

/**
 * Creates the client of a project's functions. Its methods throw a `JobsError`
 * when they get no answer that can be used.
 *
 * @param options.signal ends every request, which rejects with its reason.
 * @param options.readingTimeoutMs how long to wait for what is read.
 */
export function createClient(
  target: Target,
  { signal, readingTimeoutMs = READING_TIMEOUT_MS }: {
    readonly signal?: AbortSignal;
    readonly readingTimeoutMs?: number;
  } = {},
): JobsClient {
  const get = (slug: string, query: FunctionRequest["query"]) =>
    send(target, {
      method: "GET",
      slug,
      query,
      timeoutMs: readingTimeoutMs,
      signal,
    });

  function read<Schema extends z.ZodType>(
    slug: string,
    answer: Answer,
    schema: Schema,
  ): z.output<Schema> {
    // Not by the status: a report on critical jobs comes with 503.
    const parsed = schema.safeParse(answer.body);
    if (parsed.success) return parsed.data;
    const keysTaken = "a job key or a read key";
    throw new JobsError(refusal({ target, slug, keysTaken }, answer));
  }

  return {
    name: target.name,

    async health() {
      const slug = "check-job-health";
      return read(slug, await get(slug, { dryRun: "true" }), health);
    },

    async listRuns({ limit, ...query }) {
      const slug = "job-logs";
      const answer = await get(slug, { ...query, limit: String(limit) });
      return read(slug, answer, runsPage);
    },

    async findRun(id) {
      const slug = "job-logs";
      const answer = await get(slug, { id });
      const isUnknown = answer.status === 404 &&
        errorAnswer.safeParse(answer.body).success;
      if (isUnknown) return null;
      const page = read(slug, answer, runsPage);
      return page.data.length === 0 ? null : page;
    },

    async control(request) {
      const slug = "job-control";
      const answer = await send(target, {
        method: "POST",
        slug,
        body: JSON.stringify(request),
        timeoutMs: request.action === "test_alert"
          ? TEST_TIMEOUT_MS
          : CONTROL_TIMEOUT_MS,
        signal,
      });
      const parsed = controlAnswer.safeParse(answer.body);
      if (parsed.success) return parsed.data;
      throw new JobsError(
        refusal({ target, slug, keysTaken: "a job key" }, answer),
      );
    },

    async trigger({ slug, runId, timeoutMs }) {
      try {
        const answer = await send(target, {
          method: "POST",
          slug,
          headers: { "X-Run-Id": runId },
          timeoutMs,
          signal,
        });
        return outcomeOf(answer, { target, slug });
      } catch (error) {
        const isUnknown = error instanceof NoAnswer && error.mayHaveArrived;
        if (!isUnknown) throw error;
        return { kind: "unknown", reason: error.message };
      }
    },
  };
}

function outcomeOf(
  answer: Answer,
  { target, slug }: { readonly target: Target; readonly slug: string },
): TriggerOutcome {
  const { status, body } = answer;
  const { data } = triggerAnswer.safeParse(body);
  if (data !== undefined && data.error?.code !== "run_not_started") {
    return outcomeWithRun(data, target);
  }
  if (HUNG_UP.includes(status)) {
    const reason = `${slug} at ${target.name} answered ${status}.`;
    return { kind: "unknown", reason };
  }
  const isNoJob = status === 405 ||
    status === 404 && !errorAnswer.safeParse(body).success;
  if (isNoJob) return { kind: "no_such_job" };
  throw new JobsError(
    refusal({ target, slug, keysTaken: "a job key" }, answer),
  );
}

function outcomeWithRun(
  { runId, error }: z.output<typeof triggerAnswer>,
  target: Target,
): TriggerOutcome {
  if (error === undefined || error.code === "run_failed") {
    return { kind: "answered", problem: null };
  }
  return error.code === "already_running"
    ? { kind: "already_running", runId }
    : { kind: "answered", problem: toldBy(target, error.message) };
}
