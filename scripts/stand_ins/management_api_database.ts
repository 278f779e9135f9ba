import postgres from "postgres";

/** A statement for a project's database, as the CLI sends it. */
export interface Query {
  readonly query: string;
  readonly read_only?: boolean;
}

// A statement that takes longer is ended.
const LIMIT = "55s";

// What the platform's role for read-only statements has: it reads every table,
// and may call no function that is not for everybody.
const READ_ONLY =
  "set local transaction_read_only = on; set local role pg_read_all_data;";

/**
 * Runs statements as the Management API does: several in one transaction, of
 * which the last rows come back, as `postgres` or as a role that only reads.
 */
export async function answerQuery(
  databaseUrl: string,
  { query, read_only = false }: Query,
): Promise<Response> {
  const sql = postgres(databaseUrl, {
    max: 1,
    prepare: false,
    onnotice: () => {},
    // Text for a Date, which is what JSON has.
    types: { date: { to: 1184, from: [1082, 1114, 1184], serialize, parse } },
  });
  try {
    const results = await sql.unsafe(
      `set local statement_timeout = '${LIMIT}'; ${
        read_only ? READ_ONLY : ""
      }\n${query}`,
    ).simple() as unknown as (readonly unknown[])[];
    const rows = results.findLast((result) => result.length > 0) ?? [];
    return Response.json([...rows], { status: 201 });
  } catch (error) {
    if (!(error instanceof postgres.PostgresError)) throw error;
    const message = `ERROR:  ${error.code}: ${error.message}\n`;
    return refuse(400, `Failed to run sql query: ${message}`);
  } finally {
    await sql.end({ timeout: 5 });
  }
}

/** An error as the Management API has it. */
export function refuse(status: number, message: string): Response {
  return Response.json({ message }, { status });
}

const serialize = String;
const parse = (text: string) => text;
