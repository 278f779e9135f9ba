import { z } from "zod";
import type { Logger } from "../_shared/logger.ts";
import { retryTransient } from "../_shared/retry.ts";
import { callChecked } from "../_shared/rpc/call.ts";
import type { CallRpc } from "../_shared/rpc/client.ts";
import { RpcError, type RpcFailure } from "../_shared/rpc/failure.ts";
import { TimeLimit } from "../_shared/time-limit.ts";

const status = z.enum(["ok", "warning", "critical"]);

const reason = z.object({
  code: z.string(),
  severity: z.enum(["warning", "critical"]),
  message: z.string(),
});

const success = z.object({
  id: z.guid(),
  started_at: z.string(),
  completed_at: z.string().nullable(),
  duration_ms: z.number().nullable(),
  records_updated: z.number().nullable(),
});

const run = success.extend({
  status: z.enum(["running", "success", "failed"]),
  error_message: z.string().nullable(),
  trigger_source: z.string().nullable(),
});

const job = z.object({
  job_name: z.string(),
  registered: z.boolean(),
  enabled: z.boolean(),
  status,
  reasons: z.array(reason),
  schedule: z.string().nullable(),
  last_run: run.nullable(),
  last_success: success.nullable(),
  hours_since_last_run: z.number().nullable(),
  hours_since_last_success: z.number().nullable(),
  success_rate_30d: z.number().nullable(),
  runs_30d: z.number().int(),
  failed_runs_30d: z.number().int(),
});

const incident = z.object({
  job_name: z.string(),
  kind: z.string(),
  opened_at: z.string(),
  last_seen_at: z.string(),
  last_alerted_at: z.string(),
  occurrences: z.number().int(),
  reminders: z.number().int(),
});

const channel = z.object({
  name: z.string(),
  announced_at: z.string(),
  paused_until: z.string().nullable(),
  pending: z.number().int(),
  oldest_pending_at: z.string().nullable(),
  given_up_24h: z.number().int(),
  last_error: z.string().nullable(),
  last_sent_at: z.string().nullable(),
});

const health = z.object({
  status,
  checked_at: z.string(),
  jobs: z.array(job),
  system: z.object({ status, reasons: z.array(reason) }),
  incidents: z.array(incident),
  channels: z.array(channel),
});

/** How the jobs are, as the database judges it. */
export type Health = z.output<typeof health>;
export type JobHealth = z.output<typeof job>;
/** What the database knows of a channel that a process has announced. */
export type ChannelHealth = z.output<typeof channel>;
export type HealthReason = z.output<typeof reason>;

export type Judgement =
  | { readonly kind: "judged"; readonly health: Health }
  | { readonly kind: "failed"; readonly failure: RpcFailure };

/**
 * How long the database has to judge, with all retries. A second or two without
 * it is no reason to wake anybody, and the fourth attempt comes after seven;
 * but monitors take an answer that keeps them waiting for none.
 */
export const JUDGING_TIMEOUT_MS = 10_000;

// The Data API lets a call run for eight seconds.
const CALL_TIMEOUT_MS = 8500;

/**
 * Has the database judge the jobs. Safe to repeat, also when it raises alerts:
 * an incident that is open is not opened again.
 *
 * @returns the judgement, or why there is none.
 */
export async function judgeHealth(
  callRpc: CallRpc,
  { raiseAlerts, log }: { readonly raiseAlerts: boolean; readonly log: Logger },
): Promise<Judgement> {
  const limit = new TimeLimit(JUDGING_TIMEOUT_MS);
  let failure: RpcFailure | undefined;
  try {
    const judged = await retryTransient(
      () =>
        callChecked(callRpc, {
          name: "get_job_health",
          args: { raise_alerts: raiseAlerts },
          answer: health,
          timeoutMs: CALL_TIMEOUT_MS,
          signal: limit.signal,
        }),
      {
        signal: limit.signal,
        onFailedAttempt: ({ attempt, error, retryInMs }) => {
          if (error instanceof RpcError) failure = error.failure;
          log.warn("judging_failed", {
            attempt,
            message: error.message,
            retryInMs,
          });
        },
      },
    );
    return { kind: "judged", health: judged };
  } catch (error) {
    // When time is up the error is the limit's; the last attempt says more.
    if (failure === undefined) throw error;
    return { kind: "failed", failure };
  } finally {
    limit.clear();
  }
}
