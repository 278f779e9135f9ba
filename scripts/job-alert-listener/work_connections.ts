// @ts-types="@types/pg"
import pg from "pg";

/** A statement that is prepared once per connection. */
export interface Statement {
  readonly name: string;
  /** Selects one row; its column `answer` is what is asked for. */
  readonly text: string;
}

/** Runs a statement and gives its answer, for a schema to check. */
export type Ask = (
  statement: Statement,
  values: readonly unknown[],
) => Promise<unknown>;

/** Sends an empty notification to the channel that is its value. */
export const NOTIFY: Statement = {
  name: "notify",
  text: "select pg_notify($1, '') as answer",
};

// A claim that takes longer leaves too little of the lease to send in.
const QUERY_TIMEOUT_MS = 10_000;

/**
 * The connections for work, beside the one that listens. They are kept open:
 * an alert must not wait for a handshake.
 */
export class WorkConnections {
  readonly #config: pg.PoolConfig;
  readonly #onError: (error: Error) => void;
  #clients = new Set<pg.Client>();
  #pool: pg.Pool;

  /**
   * @param options.max how many to open, at most.
   * @param options.onError is told when one that does nothing breaks.
   */
  constructor(
    connection: pg.ClientConfig,
    options: { readonly max: number; readonly onError: (error: Error) => void },
  ) {
    this.#config = {
      ...connection,
      application_name: "job-alert-listener",
      max: options.max,
      idleTimeoutMillis: 0,
      query_timeout: QUERY_TIMEOUT_MS,
    };
    this.#onError = options.onError;
    this.#pool = this.#open();
  }

  /**
   * Runs a statement on any of the connections.
   *
   * @throws what the network or the server said.
   */
  readonly ask: Ask = async (statement, values) => {
    const { rows } = await this.#pool.query<{ answer: unknown }>({
      ...statement,
      values: [...values],
    });
    return rows[0]?.answer;
  };

  /**
   * Opens new connections from now on and breaks off the old ones, which may be
   * dead without knowing it. What they were asked fails at once, and not only
   * when its time is up.
   */
  replace(): void {
    const pool = this.#pool;
    const clients = this.#clients;
    this.#pool = this.#open();
    pool.off("error", this.#onError);
    pool.on("error", () => {});
    for (const client of clients) client.connection.stream.destroy();
    pool.end();
  }

  /** Closes them when what they are at has ended. */
  async end(): Promise<void> {
    await this.#pool.end();
  }

  #open(): pg.Pool {
    const clients = this.#clients = new Set();
    class KnownClient extends pg.Client {
      constructor(config?: pg.ClientConfig) {
        super(config);
        clients.add(this);
        this.once("end", () => clients.delete(this));
      }
    }
    const pool = new pg.Pool({ ...this.#config, Client: KnownClient });
    pool.on("error", this.#onError);
    return pool;
  }
}
