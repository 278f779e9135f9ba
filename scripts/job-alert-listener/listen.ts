import { addAbortListener } from "node:events";
import { pause } from "../../supabase/functions/_shared/pause.ts";
import { type Ask, Connection } from "./connection.ts";
import type { DatabaseOptions } from "./database.ts";

export interface ListenOptions {
  readonly connection: DatabaseOptions;
  /** The channel of NOTIFY; has to be a plain identifier. */
  readonly channel: string;
  /** Called for each notification. */
  readonly onNotification: () => void;
  /** Sends an empty notification, on a connection other than this one. */
  readonly notify: (channel: string) => Promise<void>;
  /** How often to ask whether the connection is there, in milliseconds. */
  readonly probeIntervalMs: number;
  /** How long each answer may take, in milliseconds. */
  readonly answerTimeoutMs: number;
  /** Gives up an attempt to connect. */
  readonly signal: AbortSignal;
}

/**
 * Opens a connection of its own and listens on it.
 *
 * That LISTEN was accepted proves little: a transaction pooler accepts it, too,
 * and delivers nothing. So a notification is sent from another connection and
 * has to arrive here.
 *
 * @returns when notifications arrive.
 * @throws what the network or the server said; the connection is closed then.
 */
export async function listen(options: ListenOptions): Promise<Connection> {
  const { channel, answerTimeoutMs } = options;
  const proof = `job_alert_proof_${crypto.randomUUID().replaceAll("-", "")}`;
  const proven = Promise.withResolvers<void>();
  const connection = new Connection(options.connection, {
    name: "job-alert-listener (listening)",
    answerTimeoutMs,
    onNotification: (name) => {
      if (name === channel) options.onNotification();
      if (name === proof) proven.resolve();
    },
  });
  const abandon = () => connection.abandon(new Error("the listener stops"));
  using _stopped = addAbortListener(options.signal, abandon);
  using _ended = addAbortListener(
    connection.ended,
    () => proven.reject(connection.ended.reason),
  );
  let timer: ReturnType<typeof setTimeout> | undefined;
  try {
    await connection.ask(`listen ${channel}`);
    await connection.ask(`listen ${proof}`);
    timer = setTimeout(() =>
      proven.reject(
        new Error(
          "LISTEN was accepted, but notifications do not arrive: is there a " +
            "transaction pooler in between?",
        ),
      ), answerTimeoutMs);
    await Promise.all([proven.promise, options.notify(proof)]);
    await connection.ask(`unlisten ${proof}`);
  } catch (error) {
    proven.promise.catch(() => {});
    abandon();
    throw error;
  } finally {
    clearTimeout(timer);
  }
  probe(connection.ask, options.probeIntervalMs, connection.ended)
    .catch((error) => connection.abandon(error));
  return connection;
}

/**
 * Asks a connection again and again whether it is there. A line that was cut
 * without a farewell looks like one on which nothing happens, and TCP itself
 * takes minutes to hours to see the difference.
 *
 * @param intervalMs pause between two questions, in milliseconds.
 * @returns when the signal is aborted.
 * @throws when there was no answer.
 */
export async function probe(
  ask: Ask,
  intervalMs: number,
  signal: AbortSignal,
): Promise<void> {
  while (!signal.aborted) {
    await pause(intervalMs, signal);
    if (!signal.aborted) await ask("select 1");
  }
}
