import type { LogFields, Logger } from "../logger.ts";
import type { SendResult } from "../service/send-result.ts";
import { attemptSend } from "./attempt.ts";
import type { Channel } from "./channel.ts";
import {
  type ClaimedDelivery,
  type Completion,
  LEASE_SECONDS,
  type Outbox,
} from "./outbox.ts";

// Few enough that a killed process leaves little to be sent twice.
const MAX_IN_FLIGHT = 5;
const SEND_TIMEOUT_MS = 10_000;
// What has to be left of a lease when a send ends, to record how it ended.
const COMPLETION_MARGIN_MS = 5_000;
const NEEDED_LEASE_MS = SEND_TIMEOUT_MS + COMPLETION_MARGIN_MS;

// Timers may fire a little early, and the database's clock is another one.
const RETRY_SLACK_MS = 20;

export interface WorkerOptions {
  readonly outbox: Outbox;
  readonly channel: Channel;
  readonly log: Logger;
  /**
   * When it is aborted, sends in flight are finished and nothing more is
   * claimed.
   */
  readonly signal: AbortSignal;
  /** Milliseconds on a monotonic clock. Default: `performance.now()`. */
  readonly monotonicNow?: () => number;
  /** Whether it wakes itself when a retry is due. Default: true. */
  readonly retriesItself?: boolean;
}

/** What a worker did, counted from its beginning. */
export interface WorkerReport {
  readonly sent: number;
  /** Attempts after which the delivery waits for another. */
  readonly retried: number;
  readonly givenUp: number;
  /** Attempts whose end could not be recorded. */
  readonly unrecorded: number;
  /** Why the database could not be asked the last time, if it could not. */
  readonly outboxError: Error | null;
}

/**
 * Delivers the alerts of one channel. Up to five are in flight; whenever one
 * has ended, and whenever it is woken, the worker looks for more.
 */
export class ChannelWorker {
  readonly #options: Required<WorkerOptions>;
  readonly #log: Logger;
  readonly #work = new Set<Promise<void>>();
  readonly #retryTimers = new Set<ReturnType<typeof setTimeout>>();
  readonly #done = { sent: 0, retried: 0, givenUp: 0, unrecorded: 0 };
  #outboxError: Error | null = null;
  #inFlight = 0;
  #claiming = false;
  #wokenWhileClaiming = false;

  constructor(options: WorkerOptions) {
    this.#options = {
      monotonicNow: () => performance.now(),
      retriesItself: true,
      ...options,
    };
    this.#log = options.log.child({ channel: this.name });
    options.signal.addEventListener(
      "abort",
      () => this.#retryTimers.forEach(clearTimeout),
    );
  }

  get name(): string {
    return this.#options.channel.name;
  }

  /** Looks for due deliveries, unless the signal is aborted. */
  wake(): void {
    if (this.#options.signal.aborted) return;
    if (this.#claiming) this.#wokenWhileClaiming = true;
    // When nothing is free, the first send that ends looks.
    else if (this.#inFlight < MAX_IN_FLIGHT) this.#track(this.#fill());
  }

  /** Resolves when nothing is being claimed, sent or recorded. */
  async settled(): Promise<void> {
    while (this.#work.size > 0) await Promise.all(this.#work);
  }

  report(): WorkerReport {
    return { ...this.#done, outboxError: this.#outboxError };
  }

  #track(work: Promise<void>): void {
    const tracked = work.finally(() => this.#work.delete(tracked));
    this.#work.add(tracked);
  }

  async #fill(): Promise<void> {
    this.#claiming = true;
    do {
      this.#wokenWhileClaiming = false;
      await this.#claim();
    } while (
      this.#wokenWhileClaiming && this.#inFlight < MAX_IN_FLIGHT &&
      !this.#options.signal.aborted
    );
    this.#claiming = false;
  }

  async #claim(): Promise<void> {
    // Before the call: the lease begins somewhere inside it.
    const claimedAt = this.#options.monotonicNow();
    try {
      const deliveries = await this.#options.outbox.claim(
        [this.#options.channel],
        MAX_IN_FLIGHT - this.#inFlight,
      );
      this.#launch(deliveries, claimedAt);
      this.#outboxError = null;
    } catch (error) {
      this.#outboxError = asError(error);
      this.#log.error("claim_failed", { message: this.#outboxError.message });
    }
  }

  #launch(deliveries: readonly ClaimedDelivery[], claimedAt: number): void {
    const leaseLeftMs = LEASE_SECONDS * 1000 -
      (this.#options.monotonicNow() - claimedAt);
    if (leaseLeftMs >= NEEDED_LEASE_MS) {
      for (const delivery of deliveries) this.#track(this.#deliver(delivery));
      return;
    }
    for (const delivery of deliveries) {
      this.#logOf(delivery).warn("lease_too_short", { leaseLeftMs });
    }
  }

  async #deliver(delivery: ClaimedDelivery): Promise<void> {
    this.#inFlight += 1;
    try {
      const begin = this.#options.monotonicNow();
      const { channel } = this.#options;
      const result = await attemptSend(channel, delivery, SEND_TIMEOUT_MS);
      const durationMs = Math.round(this.#options.monotonicNow() - begin);
      await this.#complete(delivery, result, durationMs);
    } finally {
      this.#inFlight -= 1;
    }
    // The next alert of the same job was waiting for this one.
    this.wake();
  }

  async #complete(
    delivery: ClaimedDelivery,
    result: SendResult,
    durationMs: number,
  ): Promise<void> {
    const log = this.#logOf(delivery);
    try {
      const completion = await this.#options.outbox.complete(delivery, result);
      this.#count(completion, log, { ...outcomeOf(result), durationMs });
    } catch (error) {
      this.#done.unrecorded += 1;
      log.error("attempt_not_recorded", {
        ...outcomeOf(result),
        durationMs,
        message: asError(error).message,
      });
    }
  }

  #count(
    { status, next_attempt_at }: Completion,
    log: Logger,
    outcome: LogFields,
  ): void {
    switch (status) {
      case "sent":
        this.#done.sent += 1;
        log.info("alert_sent", outcome);
        break;
      case "pending":
        this.#done.retried += 1;
        log.warn("alert_retried", {
          ...outcome,
          nextAttemptAt: next_attempt_at,
        });
        if (next_attempt_at) this.#wakeAt(next_attempt_at);
        break;
      case "given_up":
        this.#done.givenUp += 1;
        log.error("alert_given_up", outcome);
    }
  }

  #wakeAt(instant: string): void {
    if (!this.#options.retriesItself || this.#options.signal.aborted) return;
    const timer = setTimeout(() => {
      this.#retryTimers.delete(timer);
      this.wake();
    }, Math.max(0, Date.parse(instant) - Date.now()) + RETRY_SLACK_MS);
    this.#retryTimers.add(timer);
  }

  #logOf({ alert_id, kind, job_name, run_id, attempt }: ClaimedDelivery) {
    return this.#log.child({
      alertId: alert_id,
      kind,
      jobName: job_name,
      runId: run_id,
      attempt,
    });
  }
}

function outcomeOf({ kind, ...details }: SendResult): LogFields {
  return { outcome: kind, ...details };
}

function asError(error: unknown): Error {
  return error instanceof Error ? error : new Error(String(error));
}
