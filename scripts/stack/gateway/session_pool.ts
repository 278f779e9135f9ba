import type postgres from "postgres";

type Statement = Parameters<postgres.Sql["unsafe"]>;
type Result = postgres.RowList<postgres.Row[]>;

/** What a pool needs of a client of the driver that has a single connection. */
export interface SingleConnection {
  unsafe(...statement: Statement): PromiseLike<Result>;
  end(): Promise<void>;
}

/**
 * Opens a client of a single connection.
 *
 * @param onLost to be called when that connection ends, however it ends.
 */
export type OpenSession = (onLost: () => void) => SingleConnection;

/** A connection that belongs to one user until it is released. */
export interface ReservedSession {
  /** Runs one statement; rejects when the connection is lost or gets lost. */
  unsafe(...statement: Statement): Promise<Result>;
  release(): void;
}

interface Session {
  readonly sql: SingleConnection;
  lost: boolean;
  /** Rejects the statement under way; nothing once that has its result. */
  abandon(): void;
}

/**
 * A pool of connections that survives the loss of any of them.
 *
 * The driver's own pool does not: it hands a reserved connection back after the
 * server has ended it, and the next statement on it throws outside of any
 * promise, which ends the process; and a statement sent between a connection's
 * error and its close is never answered. Here a lost connection is not used
 * again, and takes its statement along.
 */
export class SessionPool {
  readonly #open: OpenSession;
  readonly #size: number;
  readonly #sessions = new Set<Session>();
  readonly #idle: Session[] = [];
  readonly #waiting: (() => void)[] = [];

  /** @param size how many connections there are at most. */
  constructor(open: OpenSession, size: number) {
    this.#open = open;
    this.#size = size;
  }

  /** Takes a connection, opens a new one, or waits until one is released. */
  async reserve(): Promise<ReservedSession> {
    while (this.#idle.length === 0 && this.#sessions.size >= this.#size) {
      await new Promise<void>((resolve) => this.#waiting.push(resolve));
    }
    const session = this.#idle.pop() ?? this.#connect();
    return {
      unsafe: (...statement) =>
        new Promise((resolve, reject) => {
          session.abandon = () => reject(connectionLost());
          if (session.lost) session.abandon();
          else session.sql.unsafe(...statement).then(resolve, reject);
        }),
      release: () => this.#release(session),
    };
  }

  /** Closes all connections. */
  async end(): Promise<void> {
    const sessions = [...this.#sessions];
    await Promise.all(sessions.map(({ sql }) => sql.end()));
  }

  #connect(): Session {
    const session: Session = {
      sql: this.#open(() => this.#drop(session)),
      lost: false,
      abandon() {},
    };
    this.#sessions.add(session);
    return session;
  }

  #release(session: Session): void {
    if (!session.lost) this.#idle.push(session);
    this.#waiting.shift()?.();
  }

  #drop(session: Session): void {
    session.lost = true;
    session.abandon();
    this.#sessions.delete(session);
    const position = this.#idle.indexOf(session);
    if (position >= 0) this.#idle.splice(position, 1);
    this.#waiting.shift()?.();
  }
}

function connectionLost(): Error {
  return Object.assign(new Error("The connection to the database was lost."), {
    code: "CONNECTION_CLOSED",
  });
}
