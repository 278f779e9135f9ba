import type postgres from "postgres";
import type { Database } from "./database.ts";

/** A connection inside a transaction. */
export type Transaction = postgres.ReservedSql;

/**
 * Does some work in a transaction and rolls it back, failed or not. Changes by
 * other processes, such as an Edge Function, stay.
 */
export async function rolledBack<T>(
  sql: Database,
  work: (transaction: Transaction) => Promise<T>,
): Promise<T> {
  const transaction = await sql.reserve();
  try {
    await transaction`begin`;
    return await work(transaction);
  } finally {
    await transaction`rollback`;
    transaction.release();
  }
}
