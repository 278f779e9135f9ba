import type { Channel } from "./channel.ts";
import { Lane, type LaneOptions, type LaneReport } from "./lane.ts";

export interface DeliveryOptions extends Omit<LaneOptions, "channel"> {
  readonly channels: readonly Channel[];
}

/** What was done per channel, under the channel's name. */
export type DeliveryReport = Readonly<Record<string, LaneReport>>;

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
 * Delivers alerts whenever it is woken. Each channel has a lane of its own, so
 * that one that hangs or is down never holds up another.
 */
export function createDeliverer(
  { channels, ...options }: DeliveryOptions,
): Deliverer {
  const lanes = channels.map((channel) => new Lane({ ...options, channel }));
  const report = () =>
    Object.fromEntries(lanes.map((lane) => [lane.name, lane.report()]));
  return {
    wake: () => lanes.forEach((lane) => lane.wake()),
    report,
    settled: async () => {
      await Promise.all(lanes.map((lane) => lane.settled()));
      return report();
    },
  };
}

/**
 * Delivers what is due, once.
 *
 * @returns when nothing more is due, or the signal was aborted and what was in
 *   flight is done. It does not reject: that the database could not be asked
 *   is the `outboxError` of each lane it happened to, and that a service
 *   refused is in its counts.
 */
export async function deliverAlerts(
  options: DeliveryOptions,
): Promise<DeliveryReport> {
  const deliverer = createDeliverer({ ...options, retriesItself: false });
  deliverer.wake();
  return await deliverer.settled();
}
