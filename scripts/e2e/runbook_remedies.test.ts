// Each reason of the health check as a story: it is absent, the fault is made, the
// health check and the saved query report it, the commands of its page are
// followed, and neither reports it any more.
import { deepEqual, equal } from "node:assert/strict";
import postgres from "postgres";
import { pageAbout } from "../../supabase/functions/_shared/alerts/message/description.ts";
import { resetDatabase, startStack, stopStack } from "../stack/stack.ts";
import { waitFor } from "../stack/wait.ts";
import {
  type Database,
  emptyDatabase,
  withDatabase,
} from "./support/database.ts";
import { reasonCodes } from "./support/health_codes.ts";
import * as own from "./support/own_stack.ts";
import { readPage } from "./support/pages.ts";
import { fillIn } from "./support/placeholders.ts";
import { killAndWait } from "./support/processes.ts";
import { rolledBack } from "./support/rolled_back.ts";
import { readSnippet } from "./support/snippets.ts";
import { urls } from "./support/stack.ts";
import { withoutSupervisor } from "./support/supervisor.ts";

const JOB = "update-installment-statuses";

type Row = Readonly<Record<string, unknown>>;

interface Remedy {
  readonly code: string;
  /** The cause, when there are several. */
  readonly because?: string;
  /** What makes the fault. */
  readonly fault: string;
  /**
   * Removes the fault where a rollback cannot, because an Edge Function has
   * to see it.
   */
  readonly undo?: string;
  /** How many of the page's blocks of SQL it takes; default 1. */
  readonly blocks?: number;
  /** The saved query that shows it, and which of its rows do. */
  readonly shownBy?: readonly [snippet: string, finding: (row: Row) => boolean];
}

const hasProblem = ({ problem }: Row) => problem !== null;

const REMEDIES: readonly Remedy[] = [
  {
    code: "last_run_failed",
    fault: `
      insert into public.jobs_log (job_name, started_at, status, error_message)
      values ('${JOB}', now() - interval '1 minute', 'failed', 'It broke.')
    `,
    undo: "select 1",
    shownBy: ["failed-runs.sql", ({ is_caught_up }) => !is_caught_up],
  },
  {
    code: "run_missed",
    fault: `
      update jobs.definitions
      set enabled_at = now() - interval '26 hours'
      where job_name = '${JOB}';

      update public.jobs_log
      set
        started_at = now() - interval '26 hours',
        completed_at = now() - interval '26 hours'
      where job_name = '${JOB}';
    `,
    undo: "update jobs.definitions set enabled_at = now()",
    shownBy: ["missed-runs.sql", ({ is_missed }) => is_missed === true],
  },
  {
    code: "run_stuck",
    fault: `
      insert into public.jobs_log (job_name, started_at, status)
      values ('${JOB}', now() - interval '11 minutes', 'running')
    `,
    shownBy: ["running-runs.sql", ({ is_stuck }) => is_stuck === true],
  },
  {
    code: "catch_up_given_up",
    fault: `
      insert into public.jobs_log (job_name, started_at, status, error_message)
      select '${JOB}', now() - interval '1 minute', 'failed', 'It broke.'
      from generate_series(1, 30)
    `,
    undo: "select 1",
  },
  {
    code: "item_failing",
    fault: `
      insert into public.agencies (name)
      values ('Of the fault');

      insert into public.jobs_log (job_name, started_at, status, items_total, errors)
      values (
        '${JOB}',
        now() - interval '10 minutes',
        'success',
        22,
        '[{"id": "ink", "name": "Ink", "error": "It is empty."}]'
      );

      insert into public.jobs_log (job_name, started_at, status, items_total, errors)
      select job_name, now() - interval '5 minutes', status, items_total, errors
      from public.jobs_log
      where errors is not null;
    `,
    undo: "delete from public.agencies",
    shownBy: ["failed-items.sql", ({ runs_in_a_row }) => runs_in_a_row === 2],
  },
  {
    code: "never_ran",
    fault: `delete from public.jobs_log where job_name = '${JOB}'`,
    undo: "select 1",
    shownBy: ["missed-runs.sql", ({ last_run_at }) => last_run_at === null],
  },
  {
    code: "not_turned_on",
    fault: `
      select jobs.unregister('weekly-overdue-digest');
      select jobs.register('weekly-overdue-digest', 'A digest', '0 21 * * 1');
      select jobs.pause('weekly-overdue-digest', 'It is not set up.');
    `,
  },
  {
    code: "due_check_failing",
    fault: `
      create function public.broken_due_check(as_of timestamptz)
      returns boolean
      language sql
      return 1 / (extract(epoch from as_of) * 0) > 0;

      select jobs.register(
        '${JOB}', 'A job of the test', '0 7 * * *',
        cron_job_name => '${JOB}-daily',
        due_check => 'public.broken_due_check'
      );

      select jobs.ask_due_check('${JOB}');
    `,
  },
  {
    code: "schedule_missing",
    fault: `select cron.unschedule('${JOB}-daily')`,
    shownBy: ["job-schedules.sql", hasProblem],
  },
  {
    code: "schedule_inactive",
    fault: `
      select cron.alter_job(job_id => jobid, active => false)
      from cron.job
      where jobname = '${JOB}-daily'
    `,
    shownBy: ["job-schedules.sql", hasProblem],
  },
  {
    code: "schedule_differs",
    fault: `
      select cron.alter_job(job_id => jobid, schedule => '0 9 * * *')
      from cron.job
      where jobname = '${JOB}-daily'
    `,
    shownBy: ["job-schedules.sql", hasProblem],
  },
  {
    code: "command_differs",
    fault: `select cron.schedule('${JOB}-daily', '0 7 * * *', 'vacuum')`,
    shownBy: ["job-schedules.sql", hasProblem],
  },
  {
    code: "disabled_but_scheduled",
    fault: `
      update jobs.definitions
      set enabled = false
      where job_name = '${JOB}'
    `,
    shownBy: ["job-schedules.sql", hasProblem],
  },
  {
    code: "schedule_duplicated",
    fault: `
      select cron.schedule('another', '0 12 * * *', jobs.dispatch_command('${JOB}'))
    `,
    shownBy: [
      "job-schedules.sql",
      ({ other_entries }) => other_entries !== null,
    ],
  },
  {
    code: "own_entry_differs",
    because: "the supervisor was replaced",
    fault: "select cron.schedule('job-supervisor', '* * * * *', 'select 1')",
    shownBy: ["job-schedules.sql", hasProblem],
  },
  {
    code: "own_entry_differs",
    because: "the retention is gone",
    fault: "select cron.unschedule('jobs-retention')",
    shownBy: ["job-schedules.sql", hasProblem],
  },
  {
    code: "paused_but_scheduled",
    fault: `
      select jobs.pause('${JOB}', 'a bank day');

      select cron.alter_job(job_id => jobid, active => true)
      from cron.job
      where jobname = '${JOB}-daily';
    `,
    shownBy: ["job-schedules.sql", hasProblem],
  },
  {
    code: "entry_without_job",
    fault: `
      select cron.schedule(
        'by-hand', '0 0 1 1 *', $$select jobs.dispatch('no-such-job', 'cron')$$
      )
    `,
    blocks: 2,
  },
  {
    code: "supervisor_step_failing",
    fault: `
      select jobs.note_supervisor_step('supervise', 'It broke.')
    `,
  },
  {
    code: "channel_misconfigured",
    fault: `
      select public.report_channel_problems(
        '[{"channel": "email", "problem": "ALERT_EMAIL_TO is not set."}]'
      )
    `,
    undo: "select public.report_channel_problems('[]')",
  },
  {
    code: "trigger_disabled",
    fault: "alter table public.jobs_log disable trigger user",
  },
  {
    code: "supervisor_silent",
    because: "its entry is missing",
    fault: "select cron.unschedule('job-supervisor')",
    shownBy: ["job-schedules.sql", hasProblem],
  },
  {
    code: "supervisor_silent",
    because: "its entry is inactive",
    fault: `
      select cron.alter_job(job_id => jobid, active => false)
      from cron.job
      where jobname = 'job-supervisor'
    `,
    shownBy: ["job-schedules.sql", hasProblem],
  },
  {
    code: "database_copy",
    because: "and it is one",
    fault: `
      insert into jobs.refused_address (functions_url, refused_since, refused_at)
      values (jobs.setting('functions_url'), now(), now())
    `,
    blocks: 2,
  },
  {
    code: "setting_missing",
    because: "the address is missing",
    fault: "delete from vault.secrets where name = 'functions_url'",
    shownBy: ["settings.sql", hasProblem],
  },
  {
    code: "setting_missing",
    because: "the address is not encrypted",
    fault: `
      select vault.update_secret(id, 'http://example.com/functions/v1')
      from vault.secrets
      where name = 'functions_url'
    `,
    shownBy: ["settings.sql", hasProblem],
  },
  {
    code: "setting_missing",
    because: "the key is missing",
    fault: "delete from vault.secrets where name = 'jobs_api_key'",
    blocks: 2,
    shownBy: ["settings.sql", hasProblem],
  },
  {
    code: "alerts_undelivered",
    fault: `
      insert into jobs.alert_channels (name, kinds, announced_at)
      values ('slack', array['run_failed'], now());

      insert into public.jobs_log (job_name, started_at, status)
      values ('some-job', now(), 'failed');

      update jobs.alert_deliveries
      set
        status = 'given_up',
        attempts = 1,
        last_error = 'Slack answered 404: no_service',
        finished_at = now();
    `,
    shownBy: ["undelivered-alerts.sql", ({ status }) => status === "given_up"],
  },
  {
    code: "no_alert_channel",
    because: "one of them is no longer served",
    fault: `
      insert into jobs.alert_channels (name, kinds, announced_at)
      values ('slack', array['run_failed'], now() - interval '3 hours')
    `,
    blocks: 3,
  },
  {
    code: "no_last_resort",
    because: "nothing is set up",
    fault: "delete from vault.secrets where name = 'slack_webhook_url'",
    shownBy: [
      "last-resort.sql",
      ({ is_set_up, channel }) => channel === "slack" && is_set_up === false,
    ],
  },
  {
    code: "last_resort_differs",
    fault: `
      insert into jobs.alert_channels (name, kinds, announced_at, fingerprint)
      select 'slack', array['heartbeat'], now(), target.fingerprint
      from jobs.last_resort_target('slack') as target;

      select vault.update_secret(id, 'http://127.0.0.1:1/another')
      from vault.secrets
      where name = 'slack_webhook_url';
    `,
    shownBy: ["last-resort.sql", ({ same_place }) => same_place === false],
  },
];

// They end with time, and with nothing else.
const WITHOUT_REMEDY = ["run_slow", "success_rate_low"];

// Its remedy takes a restart: see the last test.
const BY_RESTART = ["scheduler_dead"];

// Only a superuser can make the first: see unreadable_vault.test.ts; only
// pg_cron the second, in two ticks: see check_own_entry_failing.test.sql; the
// third has a test of its own.
const ELSEWHERE = ["setting_unreadable", "own_entry_failing", "scheduler_full"];

Deno.test("every reason has a tested remedy, unless it only ends with time", () =>
  withDatabase(async (sql) => {
    const tried = new Set([
      ...REMEDIES.map(({ code }) => code),
      ...WITHOUT_REMEDY,
      ...BY_RESTART,
      ...ELSEWHERE,
    ]);
    deepEqual([...tried].sort(), await reasonCodes(sql));
  }));

for (const remedy of REMEDIES) {
  const because = remedy.because === undefined ? "" : `, ${remedy.because}`;
  Deno.test(`${remedy.code}${because}: the commands of its page remove it`, () =>
    withDatabase(async (sql) => {
      await arrangeGoodDay(sql);
      await broken(sql, remedy, async (session) => {
        const commands = await commandsOf(remedy);
        equal(await isSeen(session, remedy), false, "before the fault");

        await session.unsafe(remedy.fault).simple();
        equal(await isSeen(session, remedy), true, "the fault");

        for (const command of commands) {
          await session.unsafe(command).simple();
        }
        equal(await isSeen(session, remedy), false, "after the remedy");
      });
    }));
}

Deno.test("scheduler_dead: stopping and starting the stack, as its page says, removes it", async () => {
  await own.removeOwnStack();
  const options = { config: own.config, seed: false, firstRun: false };
  try {
    await resetDatabase(options);
    const remedy = {
      code: "scheduler_dead",
      shownBy: ["scheduler.sql", ({ pid }: Row) => pid === null],
    } as const;
    const isSeenNow = () => own.withOwnDatabase((sql) => isSeen(sql, remedy));
    equal(await isSeenNow(), false, "before the fault");

    await own.withOwnDatabase(async (sql) => {
      const [{ pid }] = await sql`
        select pid
        from pg_stat_activity
        where backend_type like 'pg_cron%'
      `;
      await killAndWait(pid, "SIGTERM");
    });
    equal(await isSeenNow(), true, "the fault");

    const { blocks } = await readPage("docs/runbooks/scheduler-dead.md");
    const [{ code }] = blocks.filter(({ language }) => language === "sh");
    deepEqual(code.split("\n"), ["npm run stop", "npm start"]);
    await stopStack(own.config);
    await startStack(options);
    equal(await isSeenNow(), false, "after the remedy");
  } finally {
    await stopStack(own.config);
  }
});

Deno.test("scheduler_full: the command of its page ends the sessions that pg_cron holds on to", () =>
  withDatabase(async (sql) => {
    await arrangeGoodDay(sql);
    const { blocks } = await readPage("docs/runbooks/scheduler-full.md");
    const [check, remedy] = blocks.filter(({ language }) => language === "sql");
    // The page and the check wait, so that a session that has just finished is
    // left to pg_cron.
    const isSeenSoon = async () => {
      const [{ isGiven }] = await sql`
        select exists (
          select 1
          from jobs.check_scheduler_full(clock_timestamp() + interval '2 minutes')
        ) as "isGiven"
      `;
      return isGiven;
    };
    const ended = Promise.withResolvers<void>();
    const forgotten = postgres(urls.databaseUrl, {
      max: 1,
      connection: { application_name: "pg_cron" },
      onclose: () => ended.resolve(),
      onnotice: () => {},
    });
    try {
      const [{ pid }] = await forgotten`select pg_backend_pid() as pid`;
      equal(await isSeenSoon(), true, "the fault");
      const rows = await sql.unsafe<{ pid: number; state: string }[]>(
        check.code,
      );
      equal(rows.find((row) => row.pid === pid)?.state, "idle");

      const isEnded = await waitFor(async () => {
        await sql.unsafe(remedy.code);
        const [session] = await sql`
          select 1 from pg_stat_activity where pid = ${pid}
        `;
        return session === undefined ? true : undefined;
      }, 30_000);
      equal(isEnded, true, "after the remedy");
      await ended.promise;
    } finally {
      await forgotten.end({ timeout: 5 });
    }
  }));

async function arrangeGoodDay(sql: Database): Promise<void> {
  await emptyDatabase(sql);
  const webhook = await fillIn("<slack webhook>");
  await sql`select vault.create_secret(${webhook}, 'slack_webhook_url')`;
  await sql`
    insert into jobs.alert_channels (name, kinds, announced_at)
    values ('email', array['heartbeat'], now())
  `;
  await sql`select jobs.resume('weekly-overdue-digest')`;
  await sql`
    insert into public.jobs_log (job_name, started_at, completed_at, status)
    select job_name, at, at, 'success'
    from jobs.definitions
    cross join (select now() - interval '1 hour') as run (at)
  `;
}

/** The first commands of the page, as many as the remedy takes. */
async function commandsOf(
  { code, blocks = 1 }: Remedy,
): Promise<readonly string[]> {
  const page = await readPage(`docs/runbooks/${pageAbout(code)}.md`);
  const commands = page.blocks
    .filter(({ language }) => language === "sql")
    .slice(0, blocks);
  equal(commands.length, blocks);
  return await Promise.all(commands.map(({ code }) => fillIn(code)));
}

/** Does some work on a session whose changes are rolled back, failed or not. */
async function broken(
  sql: Database,
  { undo }: Remedy,
  work: (session: Database) => Promise<void>,
): Promise<void> {
  if (undo === undefined) return await rolledBack(sql, work);
  await withoutSupervisor(sql, async () => {
    try {
      await work(sql);
    } finally {
      await sql.unsafe(undo);
    }
  });
}

/**
 * Whether the health check reports the reason. The saved query has to agree.
 */
async function isSeen(
  session: Database,
  { code, shownBy }: Pick<Remedy, "code" | "shownBy">,
): Promise<boolean> {
  // A transaction's own clock stands still, and runs go on meanwhile.
  const [{ reasons }] = await session<{ reasons: { code: string }[] }[]>`
    select jsonb_path_query_array(
      public.get_job_health(as_of => clock_timestamp()),
      '$.**.reasons[*]'
    ) as reasons
  `;
  const isGiven = reasons.some((reason) => reason.code === code);
  if (shownBy !== undefined) {
    const [name, finding] = shownBy;
    const rows = await session.unsafe<Row[]>((await readSnippet(name)).sql);
    equal(rows.some(finding), isGiven, name);
  }
  return isGiven;
}
