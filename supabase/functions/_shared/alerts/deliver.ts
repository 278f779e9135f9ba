import type { Channel } from "./channel.ts";
import {
  ChannelWorker,
  type WorkerOptions,
  type WorkerReport,
} from "./channel-worker.ts";

export interface DeliveryOptions extends Omit<WorkerOptions, "channel"> {
  readonly channels: readonly Channel[];
}

/** What was done per channel, under the channel's name. */
export type DeliveryReport = Readonly<Record<string, WorkerReport>>;

/** Delivers for as long as the process lives. */
export interface Deliverer {
  /**
   * Looks for due alerts, now. Cheap and safe to call at any time: a call while
   * it is looking makes it look once more, and a hanging send does not keep it
   * from looking.
   */
  wake(): void;
  /**
   * Resolves when nothing is being claimed, sent or recorded, with all that was
   * done so far. It does not wait for retries that lie ahead.
   */
  settled(): Promise<DeliveryReport>;
  /** All that was done so far. */
  report(): DeliveryReport;
}

/**
 * Delivers alerts whenever it is woken. Each channel has its own worker, so that
 * one that hangs or is down never holds up another.
 */
export function createDeliverer(
  { channels, ...options }: DeliveryOptions,
): Deliverer {
  const workers = channels.map((channel) =>
    new ChannelWorker({ ...options, channel })
  );
  const report = () =>
    Object.fromEntries(workers.map((worker) => [worker.name, worker.report()]));
  return {
    wake: () => workers.forEach((worker) => worker.wake()),
    report,
    settled: async () => {
      await Promise.all(workers.map((worker) => worker.settled()));
      return report();
    },
  };
}
