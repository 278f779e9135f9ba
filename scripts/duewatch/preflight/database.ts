import { join } from "node:path";
import postgres from "postgres";
import { z } from "zod";
import { messageOf } from "../../process/message_of.ts";
import { run } from "../../stack/command.ts";
import { DuewatchError } from "../errors.ts";
import type { Session } from "../session.ts";

/** Which database a command looks at, and who said so. */
export interface DatabaseOptions {
  readonly dbUrl?: string;
  readonly linked?: boolean;
  /** Of a hosted project, as the Supabase CLI takes it. */
  readonly projectRef?: string;
}

/** A project's database, to be asked. */
export interface ProjectDatabase {
  /** Which one it is, in words, without its password. */
  readonly name: string;
  /** Runs one statement that only reads, and answers with its only value. */
  read(statement: string): Promise<unknown>;
  /** Runs one statement that changes something, as a transaction of its own. */
  change(statement: string): Promise<void>;
  /** A connection of its own; null where the CLI is asked. */
  readonly sql: postgres.Sql | null;
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
    dbUrl = session.environment.DUEWATCH_DB_URL,
    linked,
    projectRef,
  }: DatabaseOptions,
  work: (database: ProjectDatabase | null) => Promise<T>,
): Promise<T> {
  if (linked || projectRef !== undefined) {
    return await work(hostedDatabase(session, projectDir, projectRef));
  }
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
    throw new DuewatchError(
      `The database at ${name} does not answer: ${messageOf(error)}`,
    );
  }
}

const answer = z.union([
  z.array(z.record(z.string(), z.unknown())),
  z.looseObject({ rows: z.array(z.record(z.string(), z.unknown())) })
    .transform(({ rows }) => rows),
]);

/** A project that the CLI knows: by its ref, or that of `supabase link`. */
function hostedDatabase(
  session: Session,
  projectDir: string,
  projectRef: string | undefined,
): ProjectDatabase {
  const name = projectRef === undefined
    ? "the linked project"
    : `the project ${projectRef}`;
  const query = async (statement: string, ...flags: string[]) => {
    const file = await Deno.makeTempFile({ suffix: ".sql" });
    try {
      await Deno.writeTextFile(file, statement);
      const { code, stdout, stderr } = await run([
        ...supabaseCli(session),
        "db",
        "query",
        ...flags,
        projectRef === undefined ? "--remote" : `--remote=${projectRef}`,
        "--output=json",
        "--agent=no",
        `--file=${file}`,
        `--workdir=${projectDir}`,
      ], { env: QUIET_CLI, cwd: projectDir });
      if (code === 0) return stdout;
      throw new DuewatchError(
        `The Supabase CLI cannot ask ${name}. Is this folder linked (npx ` +
          "supabase link), and are you signed in (npx supabase login)?\n" +
          (stderr.trim() || stdout.trim()).slice(-2000),
      );
    } finally {
      await Deno.remove(file);
    }
  };
  return {
    name,
    sql: null,
    async change(statement) {
      await query(statement, "--yes");
    },
    async read(statement) {
      const rows = answer.parse(
        JSON.parse(await query(statement, "--read-only")),
      );
      return Object.values(rows[0])[0];
    },
  };
}

/** The Supabase CLI that came with Duewatch. */
export function supabaseCli({ packageDir }: Session): string[] {
  const inPackage = join(packageDir, "node_modules", ".bin", "supabase");
  const besidePackage = join(packageDir, "..", ".bin", "supabase");
  for (const path of [inPackage, besidePackage]) {
    try {
      Deno.statSync(path);
      return [path];
    } catch (error) {
      if (!(error instanceof Deno.errors.NotFound)) throw error;
    }
  }
  return ["npx", "supabase"];
}

const QUIET_CLI = {
  DO_NOT_TRACK: "1",
  SUPABASE_TELEMETRY_DISABLED: "1",
  NO_COLOR: "1",
};
