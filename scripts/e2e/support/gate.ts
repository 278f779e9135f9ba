import postgres from "postgres";
import type { Database } from "./database.ts";
import { urls } from "./stack.ts";
import { withTriggerOnInstallments } from "./trigger.ts";

const GATE = 4711;

/** A gate in front of every update of an installment. */
export interface Gate {
  /**
   * Resolves when a session waits at the gate.
   *
   * @returns the process id of the session.
   */
  waiting(): Promise<number>;
  /** Lets all sessions through, for good. */
  open(): Promise<void>;
}

/** Where a gate stands. */
export interface GateOptions {
  /** Lets the first batch of a backlog pass. Default: false. */
  readonly behindFirstBatch?: boolean;
  /** Of the database that `sql` is connected to. Default: the stack's. */
  readonly databaseUrl?: string;
}

/**
 * Holds updates of installments at a gate, so that a test can look at a run in
 * its middle, and opens the gate when the work is done, failed or not. A
 * database that is killed opens it, too.
 */
export async function withGateOnInstallments<T>(
  sql: Database,
  work: (gate: Gate) => Promise<T>,
  { behindFirstBatch = false, databaseUrl = urls.databaseUrl }: GateOptions =
    {},
): Promise<T> {
  const held = behindFirstBatch
    ? "exists (select 1 from public.installments where status = 'overdue')"
    : "true";
  const body = `
    if ${held} then
      -- The limit of the Data API is too short for a test on a busy machine.
      if current_setting('lock_timeout') = '8s' then
        set local lock_timeout = '60s';
      end if;
      perform pg_advisory_xact_lock_shared(${GATE});
    end if;
    return null;
  `;
  return await withTriggerOnInstallments(
    sql,
    { level: "statement", body },
    () => keepGate(sql, databaseUrl, work),
  );
}

async function keepGate<T>(
  sql: Database,
  databaseUrl: string,
  work: (gate: Gate) => Promise<T>,
): Promise<T> {
  const keeper = postgres(databaseUrl, { max: 1, onnotice: () => {} });
  const open = () => keeper.end({ timeout: 5 });
  try {
    await keeper`select pg_advisory_lock(${GATE})`;
    return await work({ open, waiting: () => sessionWaits(sql) });
  } finally {
    await open();
  }
}

async function sessionWaits(sql: Database): Promise<number> {
  const deadline = Date.now() + 20_000;
  while (Date.now() < deadline) {
    const [session] = await sql<{ pid: number }[]>`
      select pid
      from pg_locks
      where locktype = 'advisory'
        and objid = ${GATE}
        and not granted
    `;
    if (session) return session.pid;
  }
  throw new Error("No session came to the gate within 20 seconds.");
}
