import { createClient, type SupabaseClient } from "@supabase/supabase-js";
import type { Database, Json } from "../database.types.ts";

/** A row, by the names of its columns. */
export type FakeRow = Readonly<Record<string, Json>>;

/** What the database answers instead of rows. */
export interface FakeRefusal {
  readonly table: string;
  /** Only where some column is asked to be equal to this. */
  readonly where?: string;
  /** An SQLSTATE, such as 42501. */
  readonly code: string;
  readonly message: string;
}

/** What a test decides. */
export interface FakeTablesOptions {
  readonly tables: Readonly<Record<string, readonly FakeRow[]>>;
  readonly refusals?: readonly FakeRefusal[];
  /** How many rows an answer may have: `max_rows` of the project. */
  readonly maxRows?: number;
}

/**
 * Makes a database whose rows are in memory. Its Data API reads: `select` of
 * columns, `eq`, `gt`, `order` upwards, `limit`, and the exact count. Whatever
 * else is asked of it rejects, and says so.
 */
export function fakeTables(
  options: FakeTablesOptions,
): SupabaseClient<Database> {
  return createClient<Database>("http://tables.invalid", "no-key", {
    auth: { persistSession: false, autoRefreshToken: false },
    db: { retry: false },
    global: {
      fetch: (input, init) =>
        new Promise((resolve) => {
          init?.signal?.throwIfAborted();
          resolve(answer(new Request(input, init), options));
        }),
    },
  });
}

function answer(
  { method, url }: Request,
  { tables, refusals = [], maxRows = 1000 }: FakeTablesOptions,
): Response {
  const { pathname, searchParams } = new URL(url);
  const table = pathname.replace("/rest/v1/", "");
  if (method !== "GET" || !(table in tables)) {
    throw new Error(`The tables of the test have no ${method} of ${table}.`);
  }

  const query = readQuery(searchParams);
  const refusal = refusals.find((each) =>
    each.table === table &&
    (each.where === undefined ||
      query.conditions.some(({ value }) => value === each.where))
  );
  if (refusal !== undefined) {
    const { code, message } = refusal;
    const error = { code, message, details: null, hint: null };
    return Response.json(error, { status: 400 });
  }

  const found = tables[table].filter((row) =>
    query.conditions.every((condition) => holds(condition, row))
  );
  const rows = ordered(found, query.order)
    .slice(0, Math.min(query.limit, maxRows))
    .map((row) =>
      Object.fromEntries(query.columns.map((column) => [column, row[column]]))
    );
  return Response.json(rows, {
    headers: { "Content-Range": `*/${found.length}` },
  });
}

interface Condition {
  readonly column: string;
  readonly operator: "eq" | "gt";
  readonly value: string;
}

interface Query {
  readonly columns: readonly string[];
  readonly conditions: readonly Condition[];
  readonly order: string | null;
  readonly limit: number;
}

function readQuery(parameters: URLSearchParams): Query {
  const { select = "", order = "", limit, ...conditions } = Object.fromEntries(
    parameters,
  );
  if (!/^\w+(,\w+)*$/.test(select) || !/^(\w+\.asc)?$/.test(order)) {
    throw new Error(`The tables of the test cannot ${select} in ${order}.`);
  }
  return {
    columns: select.split(","),
    order: order === "" ? null : order.replace(".asc", ""),
    limit: limit === undefined ? Infinity : Number(limit),
    conditions: Object.entries(conditions).map(([column, condition]) => {
      const [, operator, value] = /^(eq|gt)\.(.*)$/s.exec(condition) ?? [];
      if (operator !== "eq" && operator !== "gt") {
        throw new Error(`The tables of the test know no ${condition}.`);
      }
      return { column, operator, value };
    }),
  };
}

function holds({ column, operator, value }: Condition, row: FakeRow): boolean {
  const text = String(row[column]);
  return operator === "eq" ? text === value : text > value;
}

function ordered(rows: readonly FakeRow[], column: string | null): FakeRow[] {
  if (column === null) return [...rows];
  const key = (row: FakeRow) => String(row[column]);
  return rows.toSorted((one, other) => key(one) < key(other) ? -1 : 1);
}
