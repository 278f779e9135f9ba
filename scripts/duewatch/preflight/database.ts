import postgres from "postgres";
import { messageOf } from "../../process/message_of.ts";
import { DuewatchError, UnreachableDatabaseError } from "../errors.ts";
import type { ProjectDatabase } from "./project_database.ts";
import { hostedDatabase } from "../hosted/database.ts";
import { findHosted } from "../hosted/project.ts";
import type { Session } from "../session.ts";

export type { ProjectDatabase } from "./project_database.ts";

/** Which database a command looks at, and who said so. */
export interface DatabaseOptions {
  readonly dbUrl?: string;
  readonly linked?: boolean;
  /** Of a hosted project. */
  readonly projectRef?: string;
  /** Another Management API: a profile file of the Supabase CLI. */
  readonly profile?: string;
}

/**
 * Works with the database that the options name, and with none when they name
 * none.
 *
 * @throws DuewatchError when it does not answer, without its password.
 */
export async function withProjectDatabase<T>(
  session: Session,
  projectDir: string,
  {
    dbUrl: named,
    linked,
    projectRef,
    profile,
  }: DatabaseOptions,
  work: (database: ProjectDatabase | null) => Promise<T>,
): Promise<T> {
  const hosted = linked || projectRef !== undefined
    ? await findHosted(projectDir, { projectRef, profile, dbUrl: named })
    : null;
  if (hosted !== null && named === undefined) {
    return await work(hostedDatabase(session, hosted));
  }
  const dbUrl = named ?? session.environment.DUEWATCH_DB_URL;
  if (dbUrl === undefined || dbUrl === "") return await work(null);
  const url = parseUrl(dbUrl);
  const name = `${url.hostname}:${url.port || "5432"}${url.pathname}`;
  const sql = postgres(dbUrl, {
    max: 1,
    connect_timeout: 15,
    prepare: false,
    onnotice: () => {},
    connection: { application_name: "duewatch" },
  });
  session.progress(`Asking the database at ${name}…`);
  try {
    await connect(sql, name);
    return await work({
      name,
      sql,
      change: async (statement) => {
        await sql.unsafe(statement);
      },
      read: async (statement) => {
        const [row] = await sql.begin(
          "read only",
          (transaction) => transaction.unsafe(statement),
        );
        return Object.values(row)[0];
      },
    });
  } finally {
    await sql.end({ timeout: 5 });
  }
}

function parseUrl(text: string): URL {
  const url = URL.canParse(text) ? new URL(text) : null;
  if (url !== null && /^postgres(ql)?:$/.test(url.protocol)) return url;
  throw new DuewatchError(
    "--db-url has to be an address such as " +
      "postgresql://postgres:<password>@db.<project-ref>.supabase.co:5432/postgres",
  );
}

async function connect(sql: postgres.Sql, name: string): Promise<void> {
  try {
    await sql`select 1`;
  } catch (error) {
    throw new UnreachableDatabaseError(
      `The database at ${name} does not answer: ${messageOf(error)}`,
    );
  }
}
