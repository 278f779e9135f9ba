// A run whose row another session holds cannot be ended. The supervisor says so
// itself, and says afterwards how long it lasted.
import { deepEqual, equal } from "node:assert/strict";
import {
  type Database,
  emptyDatabase,
  withDatabase,
} from "./support/database.ts";
import { withSession } from "./support/sessions.ts";
import { withoutSupervisor } from "./support/supervisor.ts";

Deno.test("a run that is held beyond its limit is reported within two minutes, and its end with how long it lasted", () =>
  withDatabase(async (sql) => {
    await emptyDatabase(sql);
    await withoutSupervisor(sql, async () => {
      const [{ id }] = await sql`
        insert into public.jobs_log (job_name, started_at, status)
        values ('held', now() - interval '12 minutes', 'running')
        returning id
      `;
      await withSession(sql, async (session) => {
        await session`begin`;
        await session`select 1 from public.jobs_log where id = ${id} for update`;
        await sql`select jobs.supervise()`;
        deepEqual(await raised(sql), ["job_unhealthy"]);
      });

      await sql`select jobs.supervise(now() + interval '9 minutes')`;
      deepEqual(await raised(sql), [
        "job_unhealthy",
        "run_failed",
        "job_recovered",
      ]);
      const [{ minutes }] = await sql`
        select round(
          extract(epoch from raised_at - (details #>> '{problems,0,opened_at}')::timestamptz) / 60
        )::int as minutes
        from jobs.alerts
        where kind = 'job_recovered'
      `;
      equal(minutes, 11);
    });
  }));

async function raised(sql: Database): Promise<string[]> {
  const alerts = await sql<{ kind: string }[]>`
    select kind
    from jobs.alerts
    where job_name = 'held'
    order by sequence
  `;
  return alerts.map(({ kind }) => kind);
}
