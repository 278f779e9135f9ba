import { deepEqual, equal, match, rejects } from "node:assert/strict";
import { waitFor } from "../stack/wait.ts";
import {
  type Database,
  emptyDatabase,
  withDatabase,
} from "./support/database.ts";
import { within } from "./support/events.ts";
import { withSession } from "./support/sessions.ts";
import { withoutSupervisor } from "./support/supervisor.ts";
import { withVaultSettings } from "./support/vault_settings.ts";

const JOB = "update-installment-statuses";
// Asked after the main job, because jobs are asked in the order of their names.
const LATER_JOB = "weekly-overdue-digest";

interface DueRun {
  readonly job_name: string;
  readonly status: string;
  readonly trigger_source: string;
}

/**
 * Gives both jobs a due check for the length of some work: the answers are SQL,
 * of the argument as_of. Nothing asks them but the work.
 */
function withDueChecks(
  answers: Readonly<Record<string, string>>,
  work: (sql: Database) => Promise<void>,
): () => Promise<void> {
  return () =>
    withDatabase((sql) =>
      withoutSupervisor(sql, async () => {
        await emptyDatabase(sql);
        await sql`select jobs.resume(${LATER_JOB})`;
        const former =
          await sql`select job_name, due_check from jobs.definitions`;
        try {
          await sql`update jobs.definitions set due_check = null`;
          for (const [job, answer] of Object.entries(answers)) {
            await setAnswer(sql, job, answer);
          }
          await work(sql);
        } finally {
          for (const { job_name, due_check } of former) {
            await sql`
              update jobs.definitions
              set due_check = ${due_check}
              where job_name = ${job_name}
            `;
            await sql.unsafe(`drop function if exists ${checkOf(job_name)}`);
          }
          await emptyDatabase(sql);
        }
      })
    );
}

const nameOf = (job: string) => `public.check_of_${job.replaceAll("-", "_")}`;
const checkOf = (job: string) => `${nameOf(job)}(timestamptz)`;

async function setAnswer(
  sql: Database,
  job: string,
  answer: string,
): Promise<void> {
  await sql.unsafe(`
    create or replace function ${nameOf(job)}(as_of timestamptz)
    returns boolean
    language plpgsql
    as $check$ begin return ${answer}; end $check$
  `);
  await sql`
    update jobs.definitions
    set due_check = ${nameOf(job)}
    where job_name = ${job}
  `;
}

/** What pg_cron executes every minute. A run may go on after it: it ends, too. */
async function ask(sql: Database): Promise<void> {
  const [{ command }] = await sql`select jobs.due_check_command() as command`;
  await sql.unsafe(command);
  const hasEnded = await waitFor(async () => {
    const running = await sql`
      select from public.jobs_log
      where status = 'running'
    `;
    return running.length === 0;
  }, 60_000);
  equal(hasEnded, true, "a run does not end");
}

async function runs(sql: Database): Promise<DueRun[]> {
  const rows = await sql<DueRun[]>`
    select job_name, status, trigger_source
    from public.jobs_log
    order by started_at
  `;
  return rows.map((row) => ({ ...row }));
}

async function failing(sql: Database) {
  const rows = await sql<
    { job_name: string; failures: number; slow: boolean; error: string }[]
  >`
    select job_name, failures, slow, error
    from jobs.due_check_failures
  `;
  return rows.map((row) => ({ ...row }));
}

Deno.test(
  "a job is started when its due check says true, and when it says false it is not",
  withDueChecks({ [JOB]: "false", [LATER_JOB]: "null" }, async (sql) => {
    await ask(sql);
    deepEqual(await runs(sql), []);

    await setAnswer(sql, JOB, "as_of between now() and clock_timestamp()");
    await ask(sql);
    deepEqual(await runs(sql), [
      { job_name: JOB, status: "success", trigger_source: "due" },
    ]);
    deepEqual(await failing(sql), []);
  }),
);

Deno.test(
  "a due run that fails is not started again by its due check, and the catch-up has its back-off",
  withDueChecks({ [JOB]: "true" }, (sql) =>
    withVaultSettings(
      sql,
      { functions_url: "http://127.0.0.1:1/functions/v1" },
      async () => {
        await ask(sql);
        await ask(sql);
        await ask(sql);
        deepEqual(await runs(sql), [
          { job_name: JOB, status: "failed", trigger_source: "due" },
        ]);
        const dueIn = async (wait: string) =>
          [
            ...await sql`
            select * from jobs.due_catch_ups(clock_timestamp() + ${wait}::interval)
          `,
          ].length;
        equal(await dueIn("30 seconds"), 0);
        equal(await dueIn("1 minute"), 1);
      },
    )),
);

Deno.test(
  "a due check that raises an error is noted, and the other jobs are asked",
  withDueChecks({ [JOB]: "1 / 0 > 0", [LATER_JOB]: "true" }, async (sql) => {
    await ask(sql);
    deepEqual((await runs(sql)).map(({ job_name }) => job_name), [LATER_JOB]);
    deepEqual(await failing(sql), [{
      job_name: JOB,
      failures: 1,
      slow: false,
      error: "division by zero (22012)",
    }]);

    await ask(sql);
    equal((await failing(sql))[0].failures, 2);
    const [{ codes }] = await sql`
      select jsonb_path_query_array(
        public.get_job_health(),
        '$.jobs[*].reasons[*] ? (@.code == "due_check_failing").severity'
      ) as codes
    `;
    deepEqual(codes, ["critical"]);

    await setAnswer(sql, JOB, "false");
    await ask(sql);
    deepEqual(await failing(sql), []);
  }),
);

Deno.test(
  "a due check that hangs is ended by the supervisor, and the other jobs are asked",
  withDueChecks(
    { [JOB]: "(select pg_sleep(600)) is null", [LATER_JOB]: "true" },
    (sql) =>
      withSession(sql, async (session) => {
        const asking = ask(session);
        const supervised = await waitFor(async () => {
          await sql`select jobs.supervise()`;
          return (await failing(sql)).length > 0 ? true : undefined;
        }, 60_000);
        equal(supervised, true, "the question was not ended");
        await within(30_000, "the others are asked", asking);

        const [{ job_name, slow, error }] = await failing(sql);
        deepEqual([job_name, slow], [JOB, true]);
        match(error, /ended after more than 10 seconds/);
        deepEqual((await runs(sql)).map((run) => run.job_name), [LATER_JOB]);

        // It is left alone for a minute, so that it holds nothing up.
        deepEqual([
          ...await sql`
            select * from jobs.due_checks_to_ask() as job where job = ${JOB}
          `,
        ], []);
      }),
  ),
);

Deno.test("a due check is registered with the name of its function, and nothing else is executed", () =>
  withDatabase(async (sql) => {
    await rejects(
      sql`
        select jobs.register(
          job_name => 'hostile',
          description => 'A job of the test',
          schedule => '0 0 1 1 *',
          due_check => 'public.f(now()); drop table public.agencies; --'
        )
      `,
      /due_check is not the name of a function with its schema/,
    );
    deepEqual([
      ...await sql`select 1 from jobs.definitions where job_name = 'hostile'`,
    ], []);
  }));
