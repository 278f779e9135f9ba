import type { Logger } from "../logger.ts";
import { logFailedAttempts, retryTransient } from "../retry.ts";
import { callChecked } from "../rpc/call.ts";
import type { CallRpc } from "../rpc/client.ts";
import {
  claimArguments,
  claimedDeliveries,
  completion,
  completionArguments,
  type Outbox,
} from "./outbox.ts";

// A slower claim would leave too little of the lease to send in.
const CLAIM_TIMEOUT_MS = 15_000;
const COMPLETE_TIMEOUT_MS = 5_000;

/**
 * The outbox as the Data API offers it.
 *
 * A claim is made once: the caller looks again soon anyway. A completion is
 * repeated after 1, 2 and 4 seconds while the error is transient, because a
 * message that was sent and not recorded would be sent again.
 *
 * @throws {RpcError} from both, when the database refused or stayed away.
 */
export function createRpcOutbox(callRpc: CallRpc, log: Logger): Outbox {
  return {
    claim: (channels, maxCount) =>
      callChecked(
        callRpc,
        "claim_job_alerts",
        claimArguments(channels, maxCount),
        claimedDeliveries,
        { timeoutMs: CLAIM_TIMEOUT_MS },
      ),

    complete: (delivery, result) =>
      retryTransient(
        () =>
          callChecked(
            callRpc,
            "complete_job_alert",
            completionArguments(delivery, result),
            completion,
            { timeoutMs: COMPLETE_TIMEOUT_MS },
          ),
        {
          onFailedAttempt: logFailedAttempts(log, "completion_failed", {
            alertId: delivery.alert_id,
            channel: delivery.channel,
          }),
        },
      ),
  };
}
