import { z } from "zod";
import { pingAddress } from "../addresses.ts";
import { errorText } from "../error-text.ts";
import type { Logger } from "../logger.ts";
import { retryTransient } from "../retry.ts";
import { callChecked } from "../rpc/call.ts";
import type { CallRpc } from "../rpc/client.ts";
import { classifyRefusal, unreachable } from "../service/refusal.ts";
import { retryAfterSeconds } from "../service/retry-after.ts";
import type { SendResult } from "../service/send-result.ts";
import { TimeLimit } from "../time-limit.ts";
import { TransientError } from "../transient-error.ts";
import { type FinishedRun, isContinued } from "./run-outcome.ts";

const MONITOR = "The monitor";

/** How long a ping may take. */
export interface PingLimits {
  readonly totalMs: number;
  readonly attemptMs: number;
}

const LIMITS: PingLimits = { totalMs: 20_000, attemptMs: 5000 };

/** What a ping needs of the function that sends it. */
export interface PingDeps {
  readonly callRpc: CallRpc;
  readonly log: Logger;
}

/**
 * Reports a success to the monitor outside that the job's definition names
 * (`ping_url`): a GET without a body, of which only the status counts. A failed
 * run and a continued one are not reported. What may pass is repeated, for 20
 * seconds in all.
 *
 * @returns when it is done; it does not reject. That a ping did not arrive is
 *   logged (`ping_failed`) and noted in the run's row (`metadata.ping_error`).
 */
export async function pingMonitor(
  run: FinishedRun,
  { callRpc, log: functionLog }: PingDeps,
  limits: PingLimits = LIMITS,
): Promise<void> {
  if (run.pingUrl === null || run.status !== "success" || isContinued(run)) {
    return;
  }
  const log = functionLog.child({ runId: run.runId });
  try {
    await sendPing(run.pingUrl, limits);
    log.info("ping_sent");
  } catch (error) {
    const problem = errorText(error);
    log.warn("ping_failed", { message: problem });
    await notePingFailure(run.runId, problem, { callRpc, log });
  }
}

async function sendPing(
  pingUrl: string,
  { totalMs, attemptMs }: PingLimits,
): Promise<void> {
  const checked = pingAddress.safeParse(pingUrl);
  if (!checked.success) {
    throw new Error(`ping_url ${checked.error.issues[0].message}.`);
  }
  using limit = new TimeLimit(totalMs);
  const { signal } = limit;
  await retryTransient(async () => {
    const result = await attemptPing(new URL(checked.data), {
      attemptMs,
      over: signal,
    });
    if (result.kind === "sent") return;
    throw result.kind === "transient"
      ? new TransientError(result.reason, result)
      : new Error(result.reason);
  }, { signal, onFailedAttempt: () => {} });
}

async function attemptPing(
  url: URL,
  { attemptMs, over }: {
    readonly attemptMs: number;
    readonly over: AbortSignal;
  },
): Promise<SendResult> {
  using limit = new TimeLimit(attemptMs);
  // Anyone who knows the address can send the ping.
  const secrets = [url.href, url.pathname, url.pathname.slice(1), url.search];
  try {
    const response = await fetch(url, {
      // Its target would not be the host that was checked.
      redirect: "manual",
      signal: AbortSignal.any([limit.signal, over]),
    });
    await response.body?.cancel();
    return response.ok ? { kind: "sent" } : classifyRefusal({
      service: MONITOR,
      status: response.status,
      message: "",
      retryAfterSeconds: retryAfterSeconds(response.headers.get("Retry-After")),
      secrets,
    });
  } catch (error) {
    return unreachable(MONITOR, error, secrets);
  }
}

const noted = z.object({ ping_error: z.string() });

async function notePingFailure(
  runId: string,
  problem: string,
  { callRpc, log }: PingDeps,
): Promise<void> {
  try {
    await callChecked(
      callRpc,
      "report_ping_failure",
      { run_id: runId, problem },
      noted,
    );
  } catch (error) {
    log.warn("ping_failure_not_noted", { message: errorText(error) });
  }
}
