// The doubles of the unit tests answer as the database does.
import { createRpcOutbox } from "../../supabase/functions/_shared/alerts/rpc-outbox.ts";
import {
  EMAIL,
  OUTBOX_SCENARIOS,
  SLACK,
} from "../../supabase/functions/_shared/alerts/testing/outbox-scenarios.ts";
import type { Json } from "../../supabase/functions/_shared/database.types.ts";
import { createLogger } from "../../supabase/functions/_shared/logger.ts";
import {
  type CallRpc,
  createAdmin,
  rpcThrough,
} from "../../supabase/functions/_shared/rpc/client.ts";
import {
  type Arrangement,
  RUN_SCENARIOS,
} from "../../supabase/functions/_shared/testing/run-scenarios.ts";
import {
  LEDGER_SCENARIOS,
  type RefusedClaim,
} from "../../supabase/functions/weekly-overdue-digest/testing/ledger-scenarios.ts";
import {
  type Database,
  emptyDatabase,
  withDatabase,
} from "./support/database.ts";
import { insertDebtors } from "./support/digest.ts";
import { keys, urls } from "./support/stack.ts";
import { withoutSupervisor } from "./support/supervisor.ts";

const admin = createAdmin({
  SUPABASE_URL: urls.apiUrl,
  SUPABASE_SECRET_KEYS: { default: (await keys()).secretKey },
});
const callRpc = rpcThrough(admin);

/** Runs a scenario on an empty database, without the supervisor. */
function onDatabase(play: (sql: Database) => Promise<void>) {
  return () =>
    withDatabase((sql) =>
      withoutSupervisor(sql, async () => {
        await emptyDatabase(sql);
        await play(sql);
      })
    );
}

for (const { name, arrangement, play } of RUN_SCENARIOS) {
  Deno.test(
    `the database and the double of runs agree: ${name}`,
    onDatabase(async (sql) => {
      if (arrangement === undefined) return await play({ callRpc });
      await insertDue(sql, arrangement);
      await withFailing(sql, arrangement, () => play({ callRpc }));
    }),
  );
}

for (const { name, play } of OUTBOX_SCENARIOS) {
  Deno.test(
    `the database and the double of the outbox agree: ${name}`,
    onDatabase(async (sql) => {
      const begin = Date.now();
      let waitedMs = 0;
      const clock = () => new Date(begin + waitedMs).toISOString();
      const onClock: CallRpc = (name, args, signal) =>
        callRpc(name, { ...args, as_of: clock() }, signal);
      const outbox = createRpcOutbox(onClock, createLogger(() => {}));
      await outbox.claim([SLACK, EMAIL], 1);
      await play({
        outbox,
        async raise(...jobNames) {
          for (const jobName of jobNames) {
            await sql`
              select jobs.raise_alert(
                kind => 'run_failed',
                job_name => ${jobName},
                details => '{"run": null, "occurrences": 1}'
              )
            `;
          }
          // Alerts are due on the clock of the database.
          await sql`
            update jobs.alert_deliveries
            set next_attempt_at = ${clock()}
            where attempts = 0
          `;
        },
        wait(seconds) {
          waitedMs += seconds * 1000;
          return Promise.resolve();
        },
      });
    }),
  );
}

for (const { name, play } of LEDGER_SCENARIOS) {
  Deno.test(
    `the database and the double of the ledger agree: ${name}`,
    onDatabase(async (sql) => {
      const [{ id: agencyId }] = await insertDebtors(sql, 1);
      await sql`update public.installments set status = 'overdue'`;
      const runId = crypto.randomUUID();
      const { signal } = new AbortController();
      await callRpc("start_job_run", {
        job_name: "weekly-overdue-digest",
        run_id: runId,
      }, signal);
      const ledger = { callRpc, agencyId, runId };
      await play({
        ...ledger,
        prepare: (refusal) => PREPARATIONS[refusal](sql, ledger),
      });
    }),
  );
}

interface LedgerAccess {
  readonly callRpc: CallRpc;
  readonly agencyId: string;
  readonly runId: string;
}

async function claimDigest(
  { callRpc, agencyId, runId }: LedgerAccess,
  asOf = new Date(),
): Promise<Record<string, Json>> {
  const { data } = await callRpc("claim_overdue_digest", {
    run_id: runId,
    agency_id: agencyId,
    lease_seconds: 30,
    as_of: asOf.toISOString(),
  }, new AbortController().signal);
  return data as Record<string, Json>;
}

const PREPARATIONS: Readonly<
  Record<
    RefusedClaim,
    (sql: Database, ledger: LedgerAccess) => Promise<void>
  >
> = {
  async already_sent(_, ledger) {
    const { week, lease } = await claimDigest(ledger);
    await ledger.callRpc("complete_overdue_digest", {
      agency_id: ledger.agencyId,
      week: String(week),
      lease: String(lease),
      outcome: "sent",
      mail_id: "mail-1",
    }, new AbortController().signal);
  },
  async in_progress(_, ledger) {
    await claimDigest(ledger);
  },
  async unknown_end(_, ledger) {
    await claimDigest(ledger, new Date(Date.now() - 24 * 60 * 60 * 1000));
  },
  async not_yet(sql) {
    // Wherever it is Monday before 08:00 when the run starts.
    await sql`
      update public.jobs_log set started_at = '2026-11-23 00:00:00+00'
    `;
    await sql`update public.agencies set timezone = 'UTC'`;
  },
  async nothing_overdue(sql) {
    await sql`update public.installments set status = 'paid'`;
  },
  async no_address(sql) {
    await sql`update public.agencies set contact_email = null`;
  },
  async no_time_zone(sql) {
    await sql.begin(async (transaction) => {
      await transaction`
        alter table public.agencies disable trigger check_agency_timezone
      `;
      await transaction`update public.agencies set timezone = 'Mars/Olympus'`;
      await transaction`
        alter table public.agencies enable trigger check_agency_timezone
      `;
    });
  },
};

async function insertDue(sql: Database, { due }: Arrangement): Promise<void> {
  for (const [id, count] of due) {
    await sql`
      with agency as (
        insert into public.agencies (id, name, timezone)
        values (${id}, ${`Agency ${id}`}, 'UTC')
        returning id
      ),
      plan as (
        insert into public.payment_plans (agency_id, status)
        select id, 'active'
        from agency
        returning id
      )
      insert into public.installments (
        payment_plan_id, amount, student_due_date, status
      )
      select plan.id, 100, (now() at time zone 'UTC')::date - 2, 'pending'
      from plan
      cross join generate_series(1, ${count})
    `;
  }
}

/** Makes updates of some agencies' installments raise errors. */
async function withFailing(
  sql: Database,
  { failing = new Map() }: Arrangement,
  work: () => Promise<void>,
): Promise<void> {
  const errors = sql.json(Object.fromEntries(failing));
  const [{ literal }] = await sql<{ literal: string }[]>`
    select quote_literal(${errors}::jsonb) as literal
  `;
  await sql.unsafe(`
    create function public.doubles_raise()
    returns trigger
    language plpgsql
    as $body$
    declare
      error text := (
        select ${literal}::jsonb ->> plan.agency_id::text
        from public.payment_plans as plan
        where plan.id = new.payment_plan_id
      );
    begin
      if error is not null then
        raise exception '%', error;
      end if;
      return new;
    end
    $body$;
    create trigger doubles_raise
      before update on public.installments
      for each row
      execute function public.doubles_raise();
  `);
  try {
    await work();
  } finally {
    await sql`drop function public.doubles_raise() cascade`;
  }
}
