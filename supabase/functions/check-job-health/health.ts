import type { Logger } from "../_shared/logger.ts";
import { retryTransient } from "../_shared/retry.ts";
import { callChecked } from "../_shared/rpc/call.ts";
import type { CallRpc } from "../_shared/rpc/client.ts";
import { RpcError, type RpcFailure } from "../_shared/rpc/failure.ts";
import { row } from "../_shared/rpc/row.ts";
import { TimeLimit } from "../_shared/time-limit.ts";
import { type JobHealth, jobHealth } from "./report.ts";

export type Judgement =
  | { readonly kind: "judged"; readonly health: JobHealth }
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
          answer: row(jobHealth),
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
