import type { Logger } from "../../supabase/functions/_shared/logger.ts";
import { reconnectDelayMs, refusedDelayMs } from "./backoff.ts";
import { Condition } from "./condition.ts";
import { isRefusal } from "./database.ts";
import { Delivery } from "./delivery.ts";
import type { ListenerEnvironment } from "./environment.ts";
import { messageOf } from "./error_message.ts";
import { serveHealth } from "./healthz.ts";
import { keepListening } from "./keep_listening.ts";
import { listen } from "./listen.ts";
import { Repetition } from "./repetition.ts";

export interface ListenerOptions {
  readonly environment: ListenerEnvironment;
  readonly log: Logger;
  /** Stops it; the reason is logged. */
  readonly stop: AbortSignal;
}

const ANSWER_TIMEOUT_MS = 5_000;

/**
 * Delivers alerts the moment they are raised, until it is asked to stop. Then
 * it finishes what it is sending, within 12 seconds.
 *
 * That the database is away, or was never there, does not end it.
 *
 * @throws {EnvironmentError} when the port for its health is taken.
 */
export async function runListener(
  { environment, log, stop }: ListenerOptions,
): Promise<void> {
  const channels = environment.channels.on.map(({ name }) => name);
  const condition = new Condition(channels);
  await using health = serveHealth(
    () => condition.report(),
    environment.healthPort,
  );
  tellSummary(log, environment, health?.url ?? null);
  stop.addEventListener("abort", () => {
    condition.stops();
    log.info("stopping", { signal: stop.reason });
  });
  const delivery = new Delivery({ environment, condition, log, stop });
  const failures = new Repetition();
  const listened = Promise.withResolvers<void>();
  Promise.all([listened.promise, delivery.announced])
    .then(() => log.info("ready"));

  await keepListening({
    open: () =>
      listen({
        connection: environment.database.connection,
        channel: "job_alert",
        onNotification: delivery.wake,
        notify: delivery.notify,
        probeIntervalMs: environment.probeIntervalMs,
        answerTimeoutMs: ANSWER_TIMEOUT_MS,
        signal: stop,
      }),
    onListening: () => {
      condition.listens();
      failures.end();
      log.info("listening");
      listened.resolve();
      delivery.wake();
    },
    onLost: (reason) => {
      condition.doesNotListen(reason);
      log.warn("connection_lost", { message: messageOf(reason) });
      delivery.databaseLost();
    },
    onFailed: ({ error, failures: count, retryInMs }) => {
      condition.doesNotListen(error);
      const message = messageOf(error);
      if (!failures.isNews(message)) return;
      log.warn("connect_failed", { message, failures: count, retryInMs });
    },
    delayMs: (failures, error) =>
      isRefusal(error) ? refusedDelayMs() : reconnectDelayMs(failures),
    signal: stop,
  });

  log.info("stopped", { finished: await delivery.finish() });
}

function tellSummary(
  log: Logger,
  { database, channels }: ListenerEnvironment,
  healthUrl: string | null,
): void {
  const level = channels.on.length > 0 ? "info" : "warn";
  log[level]("starting", {
    channelsOn: channels.on.map(({ name }) => name),
    channelsOff: channels.off,
    database: {
      host: database.host,
      port: database.port,
      encrypted: database.encrypted,
    },
    healthUrl,
  });
}
