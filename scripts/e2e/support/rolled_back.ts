import type postgres from "postgres";
import type { Database } from "./database.ts";

/** A connection inside a transaction. */
export type Transaction = postgres.ReservedSql;

/**
 * Does some work in a transaction and takes it back, failed or not. What the
 * work has other processes do, such as an Edge Function, stays.
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
