// @ts-types="@types/pg"
import pg from "pg";

/** The database to listen to. */
export interface Database {
  /** How node-postgres reaches it; holds the password. */
  readonly connection: pg.ClientConfig;
  readonly host: string;
  readonly port: number;
  /** Whether the connection is encrypted. */
  readonly encrypted: boolean;
}

/** Why an address cannot be used, as the end of a sentence about it. */
export class UnusableAddress extends Error {
  override readonly name = "UnusableAddress";
}

const EXAMPLE = "postgresql://<user>:<password>@<host>:5432/postgres";
const TRANSACTION_POOLER_PORT = 6543;
// A time-out that a client of a slow line still meets: TCP repeats a lost
// handshake after one and after three seconds.
const CONNECT_TIMEOUT_MS = 5_000;

/**
 * Reads the address of a database.
 *
 * @param address as psql takes it; `sslmode` means what it means there.
 * @throws {UnusableAddress} when nothing can connect with it, or when LISTEN
 *   does not work through it. The message repeats no part of the address.
 */
export function parseDatabaseUrl(address: string): Database {
  // Checked first: the driver would repeat the whole address, password
  // included, in its complaint.
  const isUrl = /^postgres(ql)?:\/\//.test(address) && URL.canParse(address);
  if (!isUrl) throw new UnusableAddress(`must be of the form ${EXAMPLE}`);

  const connection: pg.ClientConfig = {
    connectionString: withMeaningOfPsql(address),
    connectionTimeoutMillis: CONNECT_TIMEOUT_MS,
    keepAlive: true,
  };
  const { host, port, ssl } = asRead(connection);
  if (port === TRANSACTION_POOLER_PORT) {
    throw new UnusableAddress(
      `names port ${TRANSACTION_POOLER_PORT}, the transaction pooler, through ` +
        "which LISTEN does not work: take the address of the session pooler " +
        "or of the database itself, port 5432",
    );
  }
  return { connection, host, port, encrypted: Boolean(ssl) };
}

function withMeaningOfPsql(address: string): string {
  const url = new URL(address);
  // The driver would take it from PGPORT, which may be about another database.
  if (url.port === "") url.port = "5432";
  // Without this, node-postgres 8 takes sslmode=require for verify-full, which
  // no hosted project passes without the certificate of its authority.
  const isPlain = !url.searchParams.has("sslmode") ||
    url.searchParams.has("uselibpqcompat");
  return isPlain ? url.href : `${url.href}&uselibpqcompat=true`;
}

function asRead(connection: pg.ClientConfig): pg.Client {
  try {
    return new pg.Client(connection);
  } catch {
    // Its message may hold anything that the address holds.
    throw new UnusableAddress(
      "has parameters that cannot be used: look at sslmode, and whether the " +
        "file of sslrootcert can be read",
    );
  }
}

// What Supabase's pooler says, without a code of its own, to a user whom it does
// not know, and to an address that has offered a wrong password too often.
const POOLER_REFUSES = /tenant or user not found|circuit breaker open/i;

/**
 * @returns whether we were refused for what we are: wrong user or password
 *   (SQLSTATE class 28), wrong database (3D000), or the pooler's words for it.
 */
export function isRefusal(error: unknown): boolean {
  return error instanceof pg.DatabaseError &&
    (/^(?:28...|3D000)$/.test(error.code ?? "") ||
      POOLER_REFUSES.test(error.message));
}
