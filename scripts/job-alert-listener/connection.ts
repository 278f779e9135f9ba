import { addAbortListener } from "node:events";
import net from "node:net";
import postgres from "postgres";
import type { DatabaseOptions } from "./database.ts";

/** A value that the driver writes as the parameter of a statement. */
export type Parameter = postgres.ParameterOrJSON<never>;

/** Runs a statement and returns the column `answer` of its row, unchecked. */
export type Ask = (
  statement: string,
  values?: readonly Parameter[],
) => Promise<unknown>;

export interface ConnectionOptions {
  /** What `pg_stat_activity` shows as `application_name`. */
  readonly name: string;
  /** How long each answer may take, in milliseconds. */
  readonly answerTimeoutMs: number;
  readonly onNotification?: (channel: string) => void;
}

// A time-out that a slow line still meets: TCP repeats a lost handshake after
// one and after three seconds.
const CONNECT_TIMEOUT_MS = 5_000;
const CLOSE_TIMEOUT_SECONDS = 1;

/**
 * One connection to Postgres, opened by its first statement. Its end is an
 * event, and it never opens again.
 *
 * The driver has pools that reconnect by themselves. They do not say that a
 * connection is gone, repeat a handshake without end when the server hangs up
 * on it, and leave a statement without an answer when the line is cut. So the
 * socket is ours, and there is one.
 */
export class Connection implements AsyncDisposable {
  readonly #end = new AbortController();
  readonly #answerTimeoutMs: number;
  readonly #sql: postgres.Sql;
  #socket: net.Socket | undefined;
  #wasOpen = false;

  constructor(
    database: DatabaseOptions,
    { name, answerTimeoutMs, onNotification }: ConnectionOptions,
  ) {
    this.#answerTimeoutMs = answerTimeoutMs;
    // The driver's types do not know onnotify and socket.
    const options = {
      ...database,
      max: 1,
      max_lifetime: null,
      connect_timeout: 0,
      fetch_types: false,
      // Without it the certificate of an IP address is not compared with it.
      ssl: database.ssl && { ...database.ssl, host: database.host },
      connection: { ...database.connection, application_name: name },
      onnotice: () => {},
      onnotify: onNotification,
      onclose: () => this.abandon(new Error("the connection was closed")),
      socket: () => this.#openSocket(database),
    };
    this.#sql = postgres(options);
  }

  /** Is aborted when the connection has ended, with an Error as the reason. */
  get ended(): AbortSignal {
    return this.#end.signal;
  }

  /** Whether it has answered a statement. */
  get wasOpen(): boolean {
    return this.#wasOpen;
  }

  /**
   * Runs a statement.
   *
   * @throws what the network or the server said. A connection that does not
   *   answer in time is abandoned.
   */
  readonly ask: Ask = async (statement, values = []) => {
    this.ended.throwIfAborted();
    const { promise, resolve, reject } = Promise.withResolvers<unknown>();
    const timeoutMs = this.#wasOpen
      ? this.#answerTimeoutMs
      : Math.max(this.#answerTimeoutMs, CONNECT_TIMEOUT_MS);
    const timer = setTimeout(
      () => this.abandon(new Error(`no answer within ${timeoutMs / 1000} s`)),
      timeoutMs,
    );
    using _ = addAbortListener(this.ended, () => reject(this.ended.reason));
    this.#sql.unsafe(statement, [...values], { prepare: true })
      .then(([row]) => resolve(row?.answer), (error) => {
        reject(error);
        // So that all statements fail with the cause, and not with its effect.
        if (!(error instanceof postgres.PostgresError)) this.abandon(error);
      });
    try {
      const answer = await promise;
      this.#wasOpen = true;
      return answer;
    } finally {
      clearTimeout(timer);
    }
  };

  /**
   * Ends the connection at once, without a farewell to a server that may be gone.
   * Statements under way fail with this reason.
   */
  abandon(reason: Error): void {
    this.#end.abort(reason);
    this.#socket?.destroy();
  }

  /** Closes the connection, after the statements under way. */
  async [Symbol.asyncDispose](): Promise<void> {
    if (this.ended.aborted) return;
    await this.#sql.end({ timeout: CLOSE_TIMEOUT_SECONDS });
    this.abandon(new Error("the connection was closed"));
  }

  #openSocket({ host, port }: DatabaseOptions): net.Socket {
    if (this.#socket !== undefined) {
      this.abandon(
        new Error("the server closed the connection before it was ready"),
      );
    }
    this.ended.throwIfAborted();
    // The driver reads the server's name for TLS from the socket.
    return this.#socket = Object.assign(
      net.connect({ host, port, keepAlive: true }),
      { host, port },
    );
  }
}
