// @ts-types="@types/pg"
import pg from "pg";
import { Probe } from "./probe.ts";

export interface ListenOptions {
  readonly connection: pg.ClientConfig;
  /** The channel of NOTIFY; has to be a plain identifier. */
  readonly channel: string;
  /** Called for each notification. */
  readonly onNotification: () => void;
  /** Sends an empty notification, on a connection other than this one. */
  readonly notify: (channel: string) => Promise<void>;
  /** How often to ask whether the connection is there. */
  readonly probeIntervalMs: number;
  /** How long each answer may take, in milliseconds. */
  readonly answerTimeoutMs: number;
  /** Gives up an attempt to connect. */
  readonly signal: AbortSignal;
}

/** A connection that is known to receive notifications. */
export interface Listening extends AsyncDisposable {
  /** Resolves with the reason when it does not any more. */
  readonly lost: Promise<Error>;
}

const CLOSE_TIMEOUT_MS = 1_000;

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
export async function listen(options: ListenOptions): Promise<Listening> {
  const client = new pg.Client({
    ...options.connection,
    application_name: "job-alert-listener (listening)",
    query_timeout: options.answerTimeoutMs,
  });
  const lost = Promise.withResolvers<Error>();
  client.on("error", lost.resolve);
  client.on("end", () => lost.resolve(new Error("the connection was closed")));
  // Without a farewell, which a server that is gone would never take.
  const abandon = () => client.connection.stream.destroy();
  options.signal.addEventListener("abort", abandon);
  try {
    await client.connect();
    client.on("notification", ({ channel }) => {
      if (channel === options.channel) options.onNotification();
    });
    await client.query(`listen ${options.channel}`);
    await Promise.race([
      prove(client, options),
      lost.promise.then((reason) => Promise.reject(reason)),
    ]);
  } catch (error) {
    abandon();
    throw error;
  } finally {
    options.signal.removeEventListener("abort", abandon);
  }

  const probe = new Probe(
    () => client.query("select 1"),
    options.probeIntervalMs,
  );
  probe.failed.then(lost.resolve);
  lost.promise.then(() => {
    probe.stop();
    abandon();
  });
  return {
    lost: lost.promise,
    async [Symbol.asyncDispose]() {
      probe.stop();
      const timer = setTimeout(abandon, CLOSE_TIMEOUT_MS);
      await client.end();
      clearTimeout(timer);
    },
  };
}

async function prove(
  client: pg.Client,
  { notify, answerTimeoutMs }: ListenOptions,
): Promise<void> {
  const channel = `job_alert_proof_${crypto.randomUUID().replaceAll("-", "")}`;
  const { promise: proven, resolve, reject } = Promise.withResolvers<void>();
  client.on("notification", (notification) => {
    if (notification.channel === channel) resolve();
  });
  await client.query(`listen ${channel}`);
  const timer = setTimeout(() => {
    reject(
      new Error(
        "LISTEN was accepted, but notifications do not arrive: is there a " +
          "transaction pooler in between?",
      ),
    );
  }, answerTimeoutMs);
  try {
    await Promise.all([proven, notify(channel)]);
  } finally {
    clearTimeout(timer);
  }
  await client.query(`unlisten ${channel}`);
}
