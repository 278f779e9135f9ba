import type postgres from "postgres";
import type { Database } from "./database.ts";
import { withTriggerOnInstallments } from "./trigger.ts";

const GATE = 4711;

/** A gate in front of every update of an installment. */
export interface Gate {
  /** Resolves when somebody stands at the gate. */
  waiting(): Promise<void>;
  /** Lets everybody through, for good. */
  open(): Promise<void>;
}

/**
 * Holds every update of an installment at a gate, so that a test can look at a
 * run in its middle, and opens the gate when the work is done, failed or not.
 */
export async function withGateOnInstallments<T>(
  sql: Database,
  work: (gate: Gate) => Promise<T>,
): Promise<T> {
  const body = `
    perform pg_advisory_xact_lock_shared(${GATE});
    return null;
  `;
  return await withTriggerOnInstallments(
    sql,
    { level: "statement", body },
    () => keepGate(sql, work),
  );
}

async function keepGate<T>(
  sql: Database,
  work: (gate: Gate) => Promise<T>,
): Promise<T> {
  const keeper: postgres.ReservedSql = await sql.reserve();
  let isOpen = false;
  const open = async () => {
    if (isOpen) return;
    isOpen = true;
    await keeper`select pg_advisory_unlock(${GATE})`;
  };
  try {
    await keeper`select pg_advisory_lock(${GATE})`;
    return await work({ open, waiting: () => somebodyWaits(sql) });
  } finally {
    await open();
    keeper.release();
  }
}

async function somebodyWaits(sql: Database): Promise<void> {
  const deadline = Date.now() + 20_000;
  while (Date.now() < deadline) {
    const [{ waiting }] = await sql<{ waiting: boolean }[]>`
      select exists (
        select 1
        from pg_locks
        where locktype = 'advisory'
          and objid = ${GATE}
          and not granted
      ) as waiting
    `;
    if (waiting) return;
  }
  throw new Error("Nobody came to the gate within 20 seconds.");
}
