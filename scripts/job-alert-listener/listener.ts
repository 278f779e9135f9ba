import type { Logger } from "../../supabase/functions/_shared/logger.ts";
import { messageOf } from "../process/message_of.ts";
import { isRefusal } from "./database.ts";
import { Delivery } from "./delivery.ts";
import type { ListenerEnvironment } from "./environment.ts";
import { serveHealth } from "./healthz.ts";
import { listen } from "./listen.ts";
import {
  listenWithReconnect,
  reconnectDelayMs,
  refusedDelayMs,
} from "./listen_with_reconnect.ts";
import { ListenerStatus } from "./listener_status.ts";
import { LogThrottle } from "./log_throttle.ts";

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
 * It keeps trying while the database is away, also from the start.
 *
 * @throws {EnvironmentError} when the port for its health is taken.
 */
export async function runListener(
  { environment, log, stop }: ListenerOptions,
): Promise<void> {
  const channels = environment.channels.on.map(({ name }) => name);
  const status = new ListenerStatus(channels);
  await using health = serveHealth(
    () => status.report(),
    environment.healthPort,
  );
  const { host, port, encrypted } = environment.database;
  log[channels.length > 0 ? "info" : "warn"]("starting", {
    channelsOn: channels,
    channelsOff: environment.channels.off,
    database: { host, port, encrypted },
    healthUrl: health?.url ?? null,
  });
  for (const message of environment.channels.problems) {
    log.error("channel_misconfigured", { message });
  }
  stop.addEventListener("abort", () => {
    status.stops();
    log.info("stopping", { signal: stop.reason });
  });
  const delivery = new Delivery({ environment, status, log, stop });
  const throttle = new LogThrottle();
  const listened = Promise.withResolvers<void>();
  Promise.all([listened.promise, delivery.announced])
    .then(() => log.info("ready"));

  await listenWithReconnect({
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
      status.listens();
      throttle.reset();
      log.info("listening");
      listened.resolve();
      delivery.wake();
    },
    onLost: (reason) => {
      status.doesNotListen(reason);
      log.warn("connection_lost", { message: messageOf(reason) });
      delivery.databaseLost();
    },
    onFailed: ({ error, failures: count, retryInMs }) => {
      status.doesNotListen(error);
      const message = messageOf(error);
      if (!throttle.allows(message)) return;
      log.warn("connect_failed", { message, failures: count, retryInMs });
    },
    delayMs: (failures, error) =>
      isRefusal(error) ? refusedDelayMs() : reconnectDelayMs(failures),
    signal: stop,
  });

  log.info("stopped", { finished: await delivery.finish() });
}
