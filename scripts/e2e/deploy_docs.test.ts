// Follows docs/how-to/deploy.md, and rotates the keys as the page on it says.
import { deepEqual, equal, match } from "node:assert/strict";
import { join } from "node:path";
import { SAME_NAMES } from "./foreign/domains.ts";
import { dbUrl, push } from "./foreign/project.ts";
import type { Database } from "./support/database.ts";
import { failedChecks } from "./support/bare_platform.ts";
import { type Follower, withFollower } from "./support/follower.ts";

const PAGE = "docs/how-to/deploy.md";

/** A project with Duewatch in its folder, not deployed yet. */
function withInstalled(
  page: string,
  work: (follower: Follower) => Promise<void>,
): Promise<void> {
  return withFollower(page, SAME_NAMES.migrations, async (follower) => {
    const { project, stack } = follower;
    await push(project, stack);
    const { code, stdout, stderr } = await project.duewatch(
      "install",
      dbUrl(stack),
      "--yes",
    );
    equal(code, 0, stdout + stderr);
    await work(follower);
  });
}

const isOn = async (sql: Database) => {
  const [{ active }] = await sql`
    select active
    from cron.job
    where jobname = 'update-installment-statuses-daily'
  `;
  return active;
};

const stored = async (sql: Database, name: string) => {
  const [row] = await sql<{ value: string }[]>`
    select decrypted_secret as value
    from vault.decrypted_secrets
    where name = ${name}
  `;
  return row.value;
};

Deno.test("the commands of the page deploy, with secrets from a file, and the doctor finds nothing that has failed", () =>
  withInstalled(PAGE, async ({ sql, api, blocks, paste, runSql, project }) => {
    const commands = blocks("With one command", "sh");
    const said = await paste(commands, {
      // Nobody answers there.
      "https://hooks.slack.com/services/…": "http://127.0.0.1:1/hook",
      "re_…": "re_of_a_reader",
    });
    match(said, /The first run marked \d+ installments\./);
    match(said, /The schedule was on before, and stays on\./);
    equal(await isOn(sql), true);
    equal(api.secrets.get("SLACK_WEBHOOK_URL"), "http://127.0.0.1:1/hook");
    equal(
      await stored(sql, "alert_email_from"),
      "Duewatch <alerts@your-domain.example>",
    );
    const file = await Deno.stat(join(project.dir, ".env.production"));
    equal((file.mode ?? 0) & 0o777, 0o600);
    await paste(blocks("From a workflow", "sh"));
    await runSql(blocks("Another schedule", "sql"));
    const [{ schedule }] = await sql`
      select schedule
      from cron.job
      where jobname = 'update-installment-statuses-daily'
    `;
    equal(schedule, "0 * * * *");
    await paste(blocks("Is all well?", "sh"));
  }));

Deno.test("step by step, the page deploys with the Supabase CLI alone", () =>
  withInstalled(PAGE, async ({ sql, api, blocks, paste, runSql, project }) => {
    const heading = "Step by step";
    await linked(project.dir, api.ref);
    await paste(blocks(heading, "sh"));
    const file = await Deno.stat(join(project.dir, ".env.keys"));
    equal((file.mode ?? 0) & 0o777, 0o600);
    const key = api.secrets.get("JOBS_API_KEY") ?? "";
    match(key, /^job_[0-9a-f]{48}$/);
    const statements = blocks(heading, "sql");
    await runSql(statements.slice(0, -1), { "<the job key>": key });
    equal(await isOn(sql), false);
    const [run] = await sql`
      select status, records_updated > 0 as has_marked from public.jobs_log
    `;
    deepEqual({ ...run }, { status: "success", has_marked: true });
    await runSql(statements.slice(-1));
    equal(await isOn(sql), true);
    deepEqual(await failedChecks(sql), []);
  }));

Deno.test("keys are rotated as the page on it says, with the program and by hand", () =>
  withInstalled(
    "docs/how-to/rotate-keys.md",
    async ({ sql, api, blocks, paste, runSql, project }) => {
      await linked(project.dir, api.ref);
      await paste(["npx duewatch deploy --turn-on"]);
      const before = await stored(sql, "jobs_api_key");
      await paste(blocks("Rotate the keys", "sh"));
      const rotated = await stored(sql, "jobs_api_key");
      equal(rotated === before, false);
      equal(api.secrets.get("JOBS_API_KEY"), rotated);
      const readKey = await Deno.readTextFile(join(project.dir, "read-key"));
      equal(readKey.trim(), await stored(sql, "jobs_read_key"));

      const values = {
        "<new key>": "a-new-key-of-a-reader",
        "<old key>": rotated,
      };
      const [first, last] = blocks("By hand", "sh");
      await paste([first], values);
      equal(
        api.secrets.get("JOBS_API_KEY"),
        `a-new-key-of-a-reader,${rotated}`,
      );
      await runSql(blocks("By hand", "sql"), values);
      await paste([last], values);
      equal(api.secrets.get("JOBS_API_KEY"), "a-new-key-of-a-reader");
      await sql`select jobs.dispatch('update-installment-statuses')`;
      const [{ failed }] = await sql`
        select count(*)::int as failed
        from public.jobs_log
        where status <> 'success'
      `;
      equal(failed, 0);
    },
  ));

/** As `supabase link` leaves the folder. */
async function linked(dir: string, ref: string): Promise<void> {
  await Deno.mkdir(join(dir, "supabase", ".temp"), { recursive: true });
  await Deno.writeTextFile(join(dir, "supabase", ".temp", "project-ref"), ref);
}
