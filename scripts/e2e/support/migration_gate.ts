import postgres from "postgres";
import { waitFor } from "../../stack/wait.ts";
import { ownKeys, urls } from "./own_stack.ts";

const GATE = 4712;

/** A gate in the middle of every migration. */
export interface MigrationGate {
  /**
   * Resolves when a session waits at the gate.
   *
   * @returns its process id.
   */
  reached(): Promise<number>;
  /** Resolves when that session has ended, or blocks another one. */
  leftOrInTheWay(pid: number): Promise<void>;
  /** Lets all sessions through, for good. */
  open(): Promise<void>;
}

/**
 * Holds a session that applies migrations to the test's own stack at the next
 * `revoke`, which comes after the object that the migration has just created.
 */
export async function closeMigrationGate(): Promise<MigrationGate> {
  const { supabaseAdminPassword } = await ownKeys();
  // Only a superuser may create event triggers.
  const sql = postgres(urls.databaseUrl, {
    max: 1,
    username: "supabase_admin",
    password: supabaseAdminPassword,
    onnotice: () => {},
  });
  await sql`select pg_advisory_lock(${GATE})`;
  await sql.unsafe(`
    create function public.stand_at_gate()
    returns event_trigger
    language plpgsql
    as $function$
    begin
      -- Not the platform, which is prepared by a superuser.
      if session_user = 'postgres' then
        perform pg_advisory_xact_lock_shared(${GATE});
      end if;
    end
    $function$;

    create event trigger stand_at_gate
      on ddl_command_start
      when tag in ('REVOKE')
      execute function public.stand_at_gate();
  `);
  return {
    reached: () =>
      seen("a session at the gate", async () => {
        const [session] = await sql<{ pid: number }[]>`
          select pid
          from pg_locks
          where locktype = 'advisory'
            and objid = ${GATE}
            and not granted
        `;
        return session?.pid;
      }),
    leftOrInTheWay: (pid) =>
      seen("the end of the session", async () => {
        const [session] = await sql`
          select
          from pg_stat_activity
          where pid = ${pid}
            and not exists (
              select
              from pg_stat_activity as other
              where ${pid} = any(pg_blocking_pids(other.pid))
            )
        `;
        return session === undefined ? null : undefined;
      }).then(() => {}),
    async open() {
      await sql`drop event trigger stand_at_gate`;
      await sql`drop function public.stand_at_gate()`;
      await sql.end({ timeout: 5 });
    },
  };
}

async function seen<T>(
  what: string,
  look: () => Promise<T | undefined>,
): Promise<T> {
  const found = await waitFor(look, 60_000);
  if (found === undefined) throw new Error(`Never saw ${what}.`);
  return found;
}
