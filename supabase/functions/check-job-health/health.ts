import type { Logger } from "../_shared/logger.ts";
import { logFailedAttempts, retryTransient } from "../_shared/retry.ts";
import { callChecked } from "../_shared/rpc/call.ts";
import type { CallRpc } from "../_shared/rpc/client.ts";
import { RpcError } from "../_shared/rpc/failure.ts";
import { row } from "../_shared/rpc/row.ts";
import { TimeLimit } from "../_shared/time-limit.ts";
import { type JobHealth, jobHealth } from "./report.ts";

/**
 * How long the database has to judge, with all retries. A gap of a second or
 * two is no reason to alert anyone, and the fourth attempt comes after seven. A
 * monitor treats a slower answer as none.
 */
export const JUDGING_TIMEOUT_MS = 10_000;

/**
 * Asks the database to judge the jobs. Safe to repeat, also when it raises
 * alerts: an incident that is open is not opened again.
 *
 * @throws {RpcError} of the last attempt when the database has not answered.
 */
export async function judgeHealth(
  callRpc: CallRpc,
  { raiseAlerts, withDetails, log }: {
    readonly raiseAlerts: boolean;
    /** Off: what a read key gets, without items, errors and words of people. */
    readonly withDetails: boolean;
    readonly log: Logger;
  },
): Promise<JobHealth> {
  using limit = new TimeLimit(JUDGING_TIMEOUT_MS);
  const logFailure = logFailedAttempts(log, "judging_failed");
  let lastError: RpcError | undefined;
  try {
    return await retryTransient(
      () =>
        callChecked(
          callRpc,
          "get_job_health",
          {
            raise_alerts: raiseAlerts,
            ...!withDetails && { with_details: false },
          },
          row(jobHealth),
          limit,
        ),
      {
        signal: limit.signal,
        onFailedAttempt: (failed) => {
          if (failed.error instanceof RpcError) lastError = failed.error;
          logFailure(failed);
        },
      },
    );
  } catch (error) {
    // When time is up the error is the limit's; the last attempt says more.
    throw lastError ?? error;
  }
}
