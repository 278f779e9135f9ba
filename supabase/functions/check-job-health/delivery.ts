import type { Channel } from "../_shared/alerts/channel.ts";
import {
  deliverAlerts,
  type DeliveryReport as LaneReports,
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

// The supervisor asks again every minute, so nobody has to work for longer.
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
  const counted = countCompletions(outbox);
  const limit = new TimeLimit(CLAIMING_TIMEOUT_MS);
  const work = deliverAlerts({
    outbox: counted.outbox,
    channels,
    log,
    signal: limit.signal,
  }).finally(() => limit.clear());
  keepAlive(work);

  const report = await Promise.race([work, aborted(answerBy)]);
  return {
    finished: report !== undefined,
    ...counted.counts,
    problems: report === undefined
      ? ["Not everything was delivered when this was answered; it goes on."]
      : problemsIn(report),
  };
}

interface Counts {
  sent: number;
  retried: number;
  givenUp: number;
}

// The lanes tell their counts only when they are done.
function countCompletions(
  outbox: Outbox,
): { readonly outbox: Outbox; readonly counts: Counts } {
  const counts = { sent: 0, retried: 0, givenUp: 0 };
  const countedAs = {
    sent: "sent",
    pending: "retried",
    given_up: "givenUp",
  } as const;
  return {
    counts,
    outbox: {
      claim: (channels, maxCount) => outbox.claim(channels, maxCount),
      async complete(delivery, result) {
        const completion = await outbox.complete(delivery, result);
        counts[countedAs[completion.status]] += 1;
        return completion;
      },
    },
  };
}

function problemsIn(report: LaneReports): string[] {
  return Object.entries(report).flatMap(([name, lane]) => [
    ...lane.outboxError === null
      ? []
      : [`The alerts for ${name} were not read: ${lane.outboxError.message}`],
    ...lane.unrecorded === 0 ? [] : [
      `${lane.unrecorded} attempt(s) to send to ${name} could not be written ` +
      "down and are made again.",
    ],
  ]);
}

function aborted(signal: AbortSignal): Promise<undefined> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve(undefined);
    signal.addEventListener("abort", () => resolve(undefined));
  });
}
