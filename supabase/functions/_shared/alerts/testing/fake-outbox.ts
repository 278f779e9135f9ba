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
  /** In milliseconds; also the end of the lease. */
  dueAt: number;
}

/** The outbox in memory, with the database's rules, on `Date.now()`. */
export class FakeOutbox implements Outbox {
  /** Every claim: for which channel, how many at most. */
  readonly claims: { channel: string; maxCount: number }[] = [];
  /** Every completion that was written down. */
  readonly completions: { alertId: string; result: SendResult }[] = [];
  /** Called before a claim is answered; it may wait, or throw. */
  beforeClaim: (channel: string) => void | Promise<void> = () => {};
  /** Called before an end is written down; it may wait, or throw. */
  beforeCompletion: (delivery: ClaimedDelivery) => void | Promise<void> =
    () => {};
  /** What `next_attempt_at` says, for a service that named no time. */
  backOffSeconds = 1;

  readonly #stored: Stored[];

  constructor(deliveries: readonly ClaimedDelivery[] = []) {
    this.#stored = [];
    this.add(...deliveries);
  }

  add(...deliveries: readonly ClaimedDelivery[]): void {
    for (const delivery of deliveries) {
      this.#stored.push({
        delivery,
        status: "pending",
        attempts: 0,
        dueAt: Date.now(),
      });
    }
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
    for (const each of due) {
      each.attempts += 1;
      each.dueAt = Date.now() + LEASE_SECONDS * 1000;
    }
    await this.beforeClaim(names.join());
    return due.map(({ delivery, attempts }) => ({
      ...delivery,
      attempt: attempts,
    }));
  }

  async complete(
    delivery: ClaimedDelivery,
    result: SendResult,
  ): Promise<Completion> {
    await this.beforeCompletion(delivery);
    this.completions.push({ alertId: delivery.alert_id, result });
    const stored = this.#stored.find((each) =>
      each.delivery.lease === delivery.lease
    );
    if (!stored) throw new Error("there is no such delivery");
    switch (result.kind) {
      case "sent":
        stored.status = "sent";
        break;
      case "permanent":
        stored.status = "given_up";
        break;
      case "transient":
        stored.dueAt = Date.now() +
          (result.retryAfterSeconds ?? this.backOffSeconds) * 1000;
    }
    return {
      status: stored.status,
      next_attempt_at: stored.status === "pending"
        ? new Date(stored.dueAt).toISOString()
        : null,
    };
  }

  #isDue(one: Stored): boolean {
    return one.status === "pending" && one.dueAt <= Date.now() &&
      !this.#stored.slice(0, this.#stored.indexOf(one)).some((earlier) =>
        earlier.status === "pending" &&
        earlier.delivery.channel === one.delivery.channel &&
        earlier.delivery.job_name === one.delivery.job_name
      );
  }
}
