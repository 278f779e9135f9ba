import {
  createDeliverer,
  type DeliveryOptions,
  type DeliveryReport,
} from "../deliver.ts";

/**
 * Delivers what is due, once.
 *
 * @returns when nothing more is due, or the signal was aborted and what was in
 *   flight is done. It does not reject: that the database could not be asked
 *   is the `outboxError` of each worker it happened to, and that a service
 *   refused is in its counts.
 */
export async function deliverAlerts(
  options: DeliveryOptions,
): Promise<DeliveryReport> {
  const deliverer = createDeliverer({ ...options, retriesItself: false });
  deliverer.wake();
  return await deliverer.settled();
}
