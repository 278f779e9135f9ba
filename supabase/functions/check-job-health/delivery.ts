import type { Channel } from "../_shared/alerts/channel.ts";
import {
  createDeliverer,
  type DeliveryReport as WorkerReports,
} from "../_shared/alerts/deliver.ts";
import type { Outbox } from "../_shared/alerts/outbox.ts";
import type { Logger } from "../_shared/logger.ts";
import { TimeLimit } from "../_shared/time-limit.ts";
import type { DeliveryReport } from "./report.ts";

export interface DeliveryDeps {
  readonly outbox: Outbox;
  readonly channels: readonly Channel[];
  readonly log: Logger;
  readonly keepAlive: (work: Promise<unknown>) => void;
  /** Aborted when the answer has to be given, finished or not. */
  readonly answerBy: AbortSignal;
}

// The supervisor asks again every minute, so no delivery has to take longer.
const CLAIMING_TIMEOUT_MS = 50_000;

/**
 * Delivers the alerts that are due. It goes on by itself when the answer has to
 * be given before it is done.
 *
 * @returns what was done by then; it does not reject.
 */
export async function deliverDueAlerts(
  { outbox, channels, log, keepAlive, answerBy }: DeliveryDeps,
): Promise<DeliveryReport> {
  const limit = new TimeLimit(CLAIMING_TIMEOUT_MS);
  const deliverer = createDeliverer({
    outbox,
    channels,
    log,
    signal: limit.signal,
    retriesItself: false,
  });
  deliverer.wake();
  const work = deliverer.settled().finally(() => limit.clear());
  keepAlive(work);

  const finished = await Promise.race([work, aborted(answerBy)]) !== undefined;
  const report = deliverer.report();
  const sum = (count: "sent" | "retried" | "givenUp") =>
    Object.values(report).reduce((total, worker) => total + worker[count], 0);
  return {
    finished,
    sent: sum("sent"),
    retried: sum("retried"),
    givenUp: sum("givenUp"),
    problems: finished
      ? problemsIn(report)
      : ["Delivery was still under way when this was answered. It continues."],
  };
}

/** @returns the report without the errors that its problems end with. */
export function withoutDetails(report: DeliveryReport): DeliveryReport {
  const problems = report.problems.map((problem) =>
    problem.replace(/:\s.*$/s, ".")
  );
  return { ...report, problems };
}

function problemsIn(report: WorkerReports): string[] {
  return Object.entries(report).flatMap(([name, worker]) => [
    ...worker.outboxError === null ? [] : [
      `The alerts for ${name} could not be read: ${worker.outboxError.message}`,
    ],
    ...worker.unrecorded === 0 ? [] : [
      `${worker.unrecorded} attempt(s) to send to ${name} could not be ` +
      "recorded and will be repeated.",
    ],
  ]);
}

function aborted(signal: AbortSignal): Promise<undefined> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve(undefined);
    signal.addEventListener("abort", () => resolve(undefined));
  });
}
