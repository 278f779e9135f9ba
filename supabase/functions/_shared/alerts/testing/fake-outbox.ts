import type { SendResult } from "../../service/send-result.ts";
import type {
  AnnouncedChannel,
  ClaimedDelivery,
  Completion,
  Outbox,
} from "../outbox.ts";
import { LEASE_SECONDS } from "../outbox.ts";

interface Stored {
  readonly delivery: ClaimedDelivery;
  status: Completion["status"];
  attempts: number;
  /** Null when nobody holds it. */
  lease: string | null;
  /** In milliseconds; also the end of the lease. */
  dueAt: number;
}

/**
 * The outbox in memory, on `Date.now()`. `outbox-scenarios.ts` says what it has
 * in common with the database.
 */
export class FakeOutbox implements Outbox {
  /** Every claim: for which channel, how many at most. */
  readonly claims: { channel: string; maxCount: number }[] = [];
  /** Every completion that was recorded. */
  readonly completions: { alertId: string; result: SendResult }[] = [];
  /** Called before a claim is answered; it may wait, or throw. */
  beforeClaim: (channel: string) => void | Promise<void> = () => {};
  /** Called before an end is recorded; it may wait, or throw. */
  beforeCompletion: (delivery: ClaimedDelivery) => void | Promise<void> =
    () => {};

  readonly #stored: Stored[] = [];
  readonly #pausedUntil = new Map<string, number>();

  constructor(deliveries: readonly ClaimedDelivery[] = []) {
    this.add(...deliveries);
  }

  add(...deliveries: readonly ClaimedDelivery[]): void {
    this.#stored.push(...deliveries.map((delivery): Stored => ({
      delivery,
      status: "pending",
      attempts: 0,
      lease: null,
      dueAt: Date.now(),
    })));
  }

  /** The status of each delivery, in the order in which they were added. */
  statuses(): Completion["status"][] {
    return this.#stored.map(({ status }) => status);
  }

  async claim(
    channels: readonly AnnouncedChannel[],
    maxCount: number,
  ): Promise<ClaimedDelivery[]> {
    const names = channels.map(({ name }) => name);
    this.claims.push({ channel: names.join(), maxCount });
    if (maxCount < 1) throw new Error("max_count is 1 to 100");
    const due = this.#stored
      .filter((each) => names.includes(each.delivery.channel))
      .filter((each) => this.#isDue(each))
      .slice(0, maxCount);
    const claimed = due.map((each) => {
      each.attempts += 1;
      each.lease = crypto.randomUUID();
      each.dueAt = Date.now() + LEASE_SECONDS * 1000;
      const { delivery, attempts: attempt, lease } = each;
      return { ...delivery, attempt, lease };
    });
    await this.beforeClaim(names.join());
    return claimed;
  }

  async complete(
    delivery: ClaimedDelivery,
    result: SendResult,
  ): Promise<Completion> {
    await this.beforeCompletion(delivery);
    this.completions.push({ alertId: delivery.alert_id, result });
    const stored = this.#stored.find((each) =>
      each.delivery.alert_id === delivery.alert_id &&
      each.delivery.channel === delivery.channel
    );
    if (!stored) throw new Error("there is no such delivery");
    this.#end(stored, delivery.lease, result);
    return {
      status: stored.status,
      next_attempt_at: stored.status === "pending"
        ? new Date(stored.dueAt).toISOString()
        : null,
    };
  }

  #end(stored: Stored, lease: string, result: SendResult): void {
    const retryAfterMs = result.kind === "transient"
      ? (result.retryAfterSeconds ?? 0) * 1000
      : 0;
    if (result.kind === "transient" && result.concernsAll) {
      const { channel } = stored.delivery;
      this.#pausedUntil.set(channel, Date.now() + retryAfterMs);
    }
    if (result.kind === "sent") stored.status = "sent";
    // A failure counts only from the holder of the lease.
    else if (stored.status === "pending" && stored.lease === lease) {
      const backOffMs = Math.min(2 ** (stored.attempts - 1), 300) * 1000;
      stored.dueAt = Date.now() + Math.max(backOffMs, retryAfterMs);
      if (result.kind === "permanent") stored.status = "given_up";
    } else return;
    stored.lease = null;
  }

  #isDue(one: Stored): boolean {
    const { channel, job_name } = one.delivery;
    return one.status === "pending" && one.dueAt <= Date.now() &&
      (this.#pausedUntil.get(channel) ?? 0) <= Date.now() &&
      !this.#stored.slice(0, this.#stored.indexOf(one)).some((earlier) =>
        earlier.status === "pending" &&
        earlier.delivery.channel === channel &&
        earlier.delivery.job_name === job_name
      );
  }
}
