import { setTimeout as delay } from "node:timers/promises";
import {
  createDeliverer,
  type Deliverer,
} from "../../supabase/functions/_shared/alerts/deliver.ts";
import type { Logger } from "../../supabase/functions/_shared/logger.ts";
import { messageOf } from "../process/message_of.ts";
import { AlarmClock } from "./alarm_clock.ts";
import { type Ask, Connection } from "./connection.ts";
import type { ListenerEnvironment } from "./environment.ts";
import type { ListenerStatus } from "./listener_status.ts";
import { createSqlOutbox } from "./sql_outbox.ts";

export interface DeliveryOptions {
  readonly environment: ListenerEnvironment;
  /** Learns how the claims go. */
  readonly status: ListenerStatus;
  readonly log: Logger;
  /** When it is aborted, nothing more is claimed. */
  readonly stop: AbortSignal;
}

// A claim that takes longer leaves too little of the lease to send in.
const ANSWER_TIMEOUT_MS = 10_000;
// A send is given up after 10 seconds; the rest is for recording its outcome.
const FAREWELL_MS = 12_000;

/** The way from the outbox to the channels, over a connection of its own. */
export class Delivery {
  /**
   * Resolves when the database knows every channel: what is raised from then
   * on is due on all of them.
   */
  readonly announced: Promise<void>;
  readonly #options: DeliveryOptions;
  readonly #deliverer: Deliverer;
  readonly #alarm: AlarmClock;
  #connection: Connection | null = null;

  constructor(options: DeliveryOptions) {
    const { environment, status, log, stop } = this.#options = options;
    const channels = environment.channels.on;
    this.#alarm = new AlarmClock(() => {
      // More connections with the same password would only prolong a ban.
      if (!status.isRefused) this.wake();
    }, environment.pollIntervalMs);

    const announced = Promise.withResolvers<void>();
    this.announced = announced.promise;
    const unknown = new Set(channels.map(({ name }) => name));
    if (unknown.size === 0) announced.resolve();

    const outbox = createSqlOutbox(this.#ask, {
      onClaimed: (names) => {
        status.claimed();
        for (const name of names) unknown.delete(name);
        if (unknown.size === 0) announced.resolve();
      },
      onClaimFailed: (error) => {
        status.couldNotClaim(error);
        // While it does not listen, the next claim is made when it does.
        if (status.isListening) this.#alarm.ringSoon();
      },
      onCompletionFailed: ({ error, ...attempt }) =>
        log.warn("completion_failed", {
          ...attempt,
          message: messageOf(error),
        }),
    });
    this.#deliverer = createDeliverer({ outbox, channels, log, signal: stop });
  }

  /** Sends what is due, now and whenever a retry of it falls due. */
  readonly wake = (): void => this.#deliverer.wake();

  /** Sends an empty notification. */
  readonly notify = async (channel: string): Promise<void> => {
    await this.#ask("select pg_notify($1, '')", [channel]);
  };

  /**
   * Gives up the connection for work. Whatever ended the one that listens has
   * ended this one, too, and where a line was cut it does not know.
   */
  databaseLost(): void {
    const connection = this.#connection;
    this.#connection = null;
    connection?.abandon(new Error("the connection was lost"));
    this.#alarm.notSoon();
  }

  /**
   * Finishes what is being sent and closes the connection.
   *
   * @returns false when that took longer than 12 seconds; what was left
   *   unfinished is due again when its lease runs out.
   */
  async finish(): Promise<boolean> {
    this.#alarm.stop();
    const isFinished = await Promise.race([
      this.#deliverer.settled().then(() => true),
      delay(FAREWELL_MS, false, { ref: false }),
    ]);
    const connection = this.#connection;
    this.#connection = null;
    if (isFinished) await connection?.[Symbol.asyncDispose]();
    return isFinished;
  }

  readonly #ask: Ask = (statement, values) =>
    (this.#connection ??= this.#connect()).ask(statement, values);

  #connect(): Connection {
    const { environment, log } = this.#options;
    const connection = new Connection(environment.database.connection, {
      name: "job-alert-listener",
      answerTimeoutMs: ANSWER_TIMEOUT_MS,
    });
    connection.ended.addEventListener("abort", () => {
      if (this.#connection !== connection) return;
      this.#connection = null;
      // A failed attempt to connect is the failure of its statement.
      if (!connection.wasOpen) return;
      const message = messageOf(connection.ended.reason);
      log.warn("work_connection_lost", { message });
    });
    return connection;
  }
}
