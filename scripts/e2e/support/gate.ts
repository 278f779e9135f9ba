import type postgres from "postgres";
import type { Database } from "./database.ts";

const GATE = 4711;

/**
 * Holds every update of an installment at a gate, so that a test can look at a
 * run in its middle, and opens the gate when the work is done, failed or not.
 *
 * @param work receives `waiting()`, which resolves when somebody stands at the
 *   gate, and `open()`.
 */
export async function withGateOnInstallments<T>(
  sql: Database,
  work: (
    gate: { waiting(): Promise<void>; open(): Promise<void> },
  ) => Promise<T>,
): Promise<T> {
  await sql`
    create or replace function public.wait_at_gate()
    returns trigger
    language plpgsql
    as $$
    begin
      perform pg_advisory_xact_lock_shared(4711);
      return null;
    end
    $$
  `;
  await sql`
    create trigger wait_at_gate
    before update on public.installments
    for each statement
    execute function public.wait_at_gate()
  `;
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
    await sql`drop trigger wait_at_gate on public.installments`;
    await sql`drop function public.wait_at_gate()`;
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
