import {
  createDeliverer,
  type Deliverer,
} from "../../supabase/functions/_shared/alerts/deliver.ts";
import type { Logger } from "../../supabase/functions/_shared/logger.ts";
import { AlarmClock } from "./alarm_clock.ts";
import type { Condition } from "./condition.ts";
import { endsWithin } from "./ends_within.ts";
import type { ListenerEnvironment } from "./environment.ts";
import { messageOf } from "./error_message.ts";
import { createSqlOutbox } from "./sql_outbox.ts";
import { NOTIFY, WorkConnections } from "./work_connections.ts";

export interface DeliveryOptions {
  readonly environment: ListenerEnvironment;
  /** Is told how the claims go. */
  readonly condition: Condition;
  readonly log: Logger;
  /** When it is aborted, nothing more is claimed. */
  readonly stop: AbortSignal;
}

// A send is given up after 10 seconds; the rest is for writing down how.
const FAREWELL_MS = 12_000;

/** The way from the outbox to the channels, over connections of its own. */
export class Delivery {
  /**
   * Resolves when the database knows every channel: what is raised from then
   * on is due on all of them.
   */
  readonly announced: Promise<void>;
  readonly #connections: WorkConnections;
  readonly #deliverer: Deliverer;
  readonly #alarm: AlarmClock;

  constructor({ environment, condition, log, stop }: DeliveryOptions) {
    const channels = environment.channels.on;
    this.#connections = new WorkConnections(environment.database.connection, {
      // One for the claims of each channel, and one to write down what was sent.
      max: channels.length + 1,
      onError: (error) =>
        log.warn("work_connection_lost", { message: messageOf(error) }),
    });
    this.#alarm = new AlarmClock(() => {
      // More connections with the same password would only prolong a ban.
      if (!condition.isRefused) this.wake();
    }, environment.pollIntervalMs);

    const announced = Promise.withResolvers<void>();
    this.announced = announced.promise;
    const unknown = new Set(channels.map(({ name }) => name));
    if (unknown.size === 0) announced.resolve();

    const outbox = createSqlOutbox(this.#connections.ask, {
      onClaimed: (names) => {
        condition.claimed();
        for (const name of names) unknown.delete(name);
        if (unknown.size === 0) announced.resolve();
      },
      onClaimFailed: (error) => {
        condition.couldNotClaim(error);
        // While it does not listen, the next claim is made when it does.
        if (condition.isListening) this.#alarm.ringSoon();
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
    await this.#connections.ask(NOTIFY, [channel]);
  };

  /**
   * Is told that the database went away. What happened to one connection has
   * happened to all, and where a line was cut they do not know.
   */
  databaseLost(): void {
    this.#connections.replace();
    this.#alarm.notSoon();
  }

  /**
   * Finishes what is being sent and closes the connections.
   *
   * @returns false when that took longer than 12 seconds; what was left
   *   unfinished is due again when its lease runs out.
   */
  async finish(): Promise<boolean> {
    this.#alarm.stop();
    const isFinished = await endsWithin(
      FAREWELL_MS,
      this.#deliverer.settled(),
    );
    if (isFinished) await this.#connections.end();
    return isFinished;
  }
}
