import { deepEqual, equal, match } from "node:assert/strict";
import { join } from "node:path";
import { runDuewatch } from "../duewatch/testing/fake_runtime.ts";
import { stackUrls } from "../stack/stack.ts";
import { waitFor } from "../stack/wait.ts";
import { startManagementApi } from "../stand_ins/management_api.ts";
import { startSlack } from "../stand_ins/slack.ts";
import { assertFolderQueriesWork } from "./foreign/assertions.ts";
import { SAME_NAMES } from "./foreign/domains.ts";
import { expectedStatuses, statuses } from "./foreign/expectation.ts";
import { GUARDED, OWN_FILES, OWN_MAP } from "./foreign/guarded.ts";
import { assertAsBefore, snapshot, uninstall } from "./foreign/journey.ts";
import { push, withForeignProject } from "./foreign/project.ts";
import { withBarePlatform } from "./support/bare_platform.ts";
import type { Database } from "./support/database.ts";
import { platformVariables } from "./support/hosted_project.ts";
import { MAIN_JOB } from "./support/jobs.ts";

const { names } = SAME_NAMES;

Deno.test("a guarded project over HTTP: pg_cron's own tick marks right, a failure is alerted, and all goes again", () =>
  withBarePlatform((stack, sql) =>
    withForeignProject(GUARDED, async (project) => {
      await sql`delete from vault.secrets where true`;
      await push(project, stack);
      const before = await snapshot({ stack, sql, project });
      await using slack = await startSlack();
      await using api = await startManagementApi({
        environment: () => platformVariables(stack),
        repoDir: stack.config.repoDir,
        databaseUrl: stackUrls(stack.config).databaseUrl,
      });
      const url = `${stackUrls(stack.config).databaseUrl}?sslmode=disable`;
      const duewatch = async (command: string, ...args: string[]) => {
        const { exitCode, output, notes } = await runDuewatch(
          [command, project.dir, "--db-url", url, ...args],
          { environment: { SUPABASE_ACCESS_TOKEN: api.token } },
        );
        equal(exitCode, 0, output + notes);
        return output + notes;
      };
      match(
        await duewatch("install", "--yes", ...OWN_MAP),
        /About 420 installments/,
      );

      const secrets = join(project.dir, "production.env");
      await Deno.writeTextFile(
        secrets,
        `SLACK_WEBHOOK_URL=${slack.webhookUrl}\n`,
        { mode: 0o600 },
      );
      await duewatch(
        "deploy",
        "--yes",
        "--functions-url",
        api.functionsUrl,
        "--project-ref",
        api.ref,
        "--profile",
        api.profile,
        "--secrets-file",
        secrets,
      );
      const well = await duewatch("doctor");
      equal(/No alert channel/.test(well), false, well);

      // The tick, the request, the function, the run, the marks.
      const was = await statuses(sql, names);
      await sql`select jobs.resume(${MAIN_JOB})`;
      const run = await ranByTick(sql);
      deepEqual([run?.status, run?.trigger_source], ["success", "cron"]);
      const expected = await expectedStatuses(sql, names, run?.started_at, was);
      const became = await statuses(sql, names);
      deepEqual(new Map([...became].sort()), new Map([...expected].sort()));
      const changed = [...became].filter(([id, word]) => was.get(id) !== word);
      deepEqual([changed.length > 0, run?.records_updated], [
        true,
        changed.length,
      ]);
      const [{ audited }] = await sql`
        select count(*)::int as audited from public.audit_log
      `;
      equal(audited, changed.length);
      await assertFolderQueriesWork({ project, sql });

      // Their own rule refuses: the run fails, and that reaches somebody.
      await sql`insert into public.closed_books values (true)`;
      await sql`
        insert into public.installments (payment_plan_id, amount, student_due_date, status)
        select payment_plan_id, amount, student_due_date, 'pending'
        from public.installments
        where id in ${sql(changed.map(([id]) => id))}
      `;
      await sql`select jobs.dispatch(${MAIN_JOB})`;
      const failed = await newestRun(sql);
      equal(failed?.status, "failed");
      match(failed?.error_message, /the books are closed/);
      await sql`select jobs.check_health()`;
      match(
        slack.calls.entries.map(({ text }) => text).join("\n"),
        /Job Failed: update-installment-statuses[\s\S]*the books are closed/,
      );

      await Deno.remove(secrets);
      await uninstall({ stack, sql, project }, names);
      await assertAsBefore({ stack, sql, project }, before);
    }, OWN_FILES)
  ));

/** The newest run that has ended. */
async function newestRun(sql: Database) {
  const [run] = await sql`
    select status, trigger_source, records_updated, error_message, started_at
    from public.jobs_log
    where job_name = ${MAIN_JOB} and status <> 'running'
    order by started_at desc
    limit 1
  `;
  return run;
}

/** Lets pg_cron run what the daily entry runs, at the next full minute. */
async function ranByTick(sql: Database) {
  await sql`
    select cron.schedule('a-tick', '* * * * *', command)
    from cron.job
    where jobname = 'update-installment-statuses-daily'
  `;
  try {
    return await waitFor(() => newestRun(sql), 120_000);
  } finally {
    await sql`select cron.unschedule('a-tick')`;
  }
}
