import { readFileSync } from "node:fs";
import type { ConnectionOptions as TlsOptions } from "node:tls";
import postgres from "postgres";
import { z } from "zod";

/** How the driver reaches a database; holds the password. */
export interface DatabaseOptions {
  readonly host: string;
  readonly port: number;
  readonly user: string;
  readonly password: string;
  readonly database: string;
  readonly ssl: TlsOptions | false;
  /** Parameters of the session. */
  readonly connection: Readonly<Record<string, string>>;
}

/** Why an address cannot be used, as the end of a sentence about it. */
export class UnusableAddress extends Error {
  override readonly name = "UnusableAddress";
}

const EXAMPLE = "postgresql://<user>:<password>@<host>:5432/postgres";
const TRANSACTION_POOLER_PORT = 6543;

const parameters = z.object({
  host: z.string().optional(),
  port: z.coerce.number().int().min(1).max(65_535).optional(),
  user: z.string().optional(),
  password: z.string().optional(),
  dbname: z.string().optional(),
  options: z.string().optional(),
  sslmode: z.enum([
    "disable",
    "allow",
    "prefer",
    "require",
    "verify-ca",
    "verify-full",
  ]).default("disable"),
  sslrootcert: z.string().optional(),
});

// Ignoring one of these, such as ssl=true, would leave a connection less secure
// than its address says.
const isUnknownTls = (name: string) =>
  name.startsWith("ssl") && !(name in parameters.shape);

/**
 * Reads the address of a database.
 *
 * @param address as psql takes it; `sslmode` means what it means there.
 * @returns how to connect, and what may be logged of it.
 * @throws {UnusableAddress} when nothing can connect with it, or when LISTEN
 *   does not work through it. The message repeats no part of the address.
 */
export function parseDatabaseUrl(address: string) {
  const isUrl = /^postgres(ql)?:\/\//.test(address) && URL.canParse(address);
  if (!isUrl) throw new UnusableAddress(`must be of the form ${EXAMPLE}`);

  const connection = readConnection(new URL(address));
  const { host, port, ssl } = connection;
  if (port === TRANSACTION_POOLER_PORT) {
    throw new UnusableAddress(
      `names port ${TRANSACTION_POOLER_PORT}, the transaction pooler, through ` +
        "which LISTEN does not work: take the address of the session pooler " +
        "or of the database itself, port 5432",
    );
  }
  return { connection, host, port, encrypted: ssl !== false };
}

function readConnection(url: URL): DatabaseOptions {
  try {
    if ([...url.searchParams.keys()].some(isUnknownTls)) {
      throw new Error("unknown parameter");
    }
    const given = parameters.parse(Object.fromEntries(url.searchParams));
    const host = given.host ?? (url.hostname || "localhost");
    return {
      host: host.replace(/^\[(.*)\]$/, "$1"),
      port: given.port ?? (Number(url.port) || 5432),
      user: given.user ?? decodeURIComponent(url.username),
      password: given.password ?? decodeURIComponent(url.password),
      database: given.dbname ??
        (decodeURIComponent(url.pathname.slice(1)) || "postgres"),
      ssl: tlsOptions(given),
      connection: given.options === undefined ? {} : { options: given.options },
    };
  } catch {
    // The message may hold anything that the address holds.
    throw new UnusableAddress(
      "has parameters that cannot be used: look at sslmode, and whether the " +
        "file of sslrootcert can be read",
    );
  }
}

// The driver takes the name of a mode, but no certificate.
function tlsOptions(
  { sslmode, sslrootcert }: z.output<typeof parameters>,
): TlsOptions | false {
  if (sslmode === "disable") return false;
  const ca = sslrootcert === undefined ? undefined : readFileSync(sslrootcert);
  if (sslmode === "verify-full") return ca === undefined ? {} : { ca };
  if (ca !== undefined) return { ca, checkServerIdentity: () => undefined };
  if (sslmode === "verify-ca") throw new Error("verify-ca needs sslrootcert");
  return { rejectUnauthorized: false };
}

// Supabase's pooler has no code of its own for an unknown user, and for an
// address that has offered a wrong password too often.
const POOLER_REFUSES = /tenant or user not found|circuit breaker open/i;

/**
 * @returns whether the server refused our credentials: wrong user or password
 *   (SQLSTATE class 28), wrong database (3D000), or the pooler's words for it.
 */
export function isRefusal(error: unknown): boolean {
  return error instanceof postgres.PostgresError &&
    (/^(?:28...|3D000)$/.test(error.code) ||
      POOLER_REFUSES.test(error.message));
}
