import type postgres from "postgres";
import { AS_OF } from "./bench.ts";

/**
 * Times a statement inside the server.
 *
 * @param statement may use `$1`, the instant to judge, and `$2`, the ids in
 *   `bench.due_ids`.
 * @returns milliseconds, planning included.
 */
export async function elapsedMs(
  sql: postgres.Sql,
  statement: string,
): Promise<number> {
  const [{ ms }] = await sql<{ ms: number }[]>`
    select bench.elapsed_ms(${statement}, ${AS_OF}::timestamptz) as ms
  `;
  return ms;
}

/**
 * Does some work again and again.
 *
 * @param times how many results are kept.
 * @param warmUp how many come before these and are dropped.
 */
export async function repeated<T>(
  times: number,
  warmUp: number,
  work: (turn: number) => Promise<T>,
): Promise<T[]> {
  const results: T[] = [];
  for (let turn = 0; turn < warmUp + times; turn++) {
    results.push(await work(turn));
  }
  return results.slice(warmUp);
}

/** Does some work in a transaction and undoes it. */
export async function rolledBack<T>(
  sql: postgres.Sql,
  work: () => Promise<T>,
): Promise<T> {
  await sql`begin`;
  try {
    return await work();
  } finally {
    await sql`rollback`;
  }
}
