import { deepEqual, equal, match } from "node:assert/strict";
import { join } from "node:path";
import { runDuewatch } from "../duewatch/testing/fake_runtime.ts";
import { type RunningStack, stackUrls } from "../stack/stack.ts";
import { startManagementApi } from "../stand_ins/management_api.ts";
import type { ManagementApi } from "../stand_ins/management_api_contract.ts";
import { rowsOf, SAME_NAMES } from "./foreign/domains.ts";
import { dbUrl, push, withForeignProject } from "./foreign/project.ts";
import { withBarePlatform } from "./support/bare_platform.ts";
import type { Database } from "./support/database.ts";
import { platformVariables } from "./support/hosted_project.ts";
import { MAIN_JOB } from "./support/jobs.ts";

interface Cloud {
  readonly stack: RunningStack;
  readonly sql: Database;
  readonly api: ManagementApi;
  readonly dir: string;
  /** Runs `duewatch <command>` against the hosted project. */
  readonly duewatch: (
    args: readonly string[],
    answers?: readonly string[],
    environment?: Readonly<Record<string, string>>,
  ) => ReturnType<typeof runDuewatch>;
}

/** A project of somebody's own with Duewatch in its folder, and a new cloud. */
function withCloud(work: (cloud: Cloud) => Promise<void>): Promise<void> {
  return withBarePlatform((stack, sql) =>
    withForeignProject(SAME_NAMES.migrations, async (project) => {
      await sql`delete from vault.secrets where true`;
      await push(project, stack);
      await sql.unsafe(rowsOf(SAME_NAMES.names)).simple();
      const installed = await project.duewatch(
        "install",
        dbUrl(stack),
        "--yes",
      );
      equal(installed.code, 0, installed.stdout + installed.stderr);
      await using api = await startManagementApi({
        environment: () => platformVariables(stack),
        repoDir: stack.config.repoDir,
        databaseUrl: stackUrls(stack.config).databaseUrl,
      });
      await work({
        stack,
        sql,
        api,
        dir: project.dir,
        duewatch: (args, answers, environment = {}) =>
          runDuewatch([
            ...args,
            "--db-url",
            `${stackUrls(stack.config).databaseUrl}?sslmode=disable`,
            "--project-ref",
            api.ref,
            "--profile",
            api.profile,
          ], {
            cwd: project.dir,
            answers,
            environment: { SUPABASE_ACCESS_TOKEN: api.token, ...environment },
          }),
      });
    })
  );
}

async function stored(sql: Database, name: string): Promise<string> {
  const [row] = await sql`
    select decrypted_secret as value from vault.decrypted_secrets where name = ${name}
  `;
  return row?.value;
}

const isOn = async (sql: Database) => {
  const [{ active }] = await sql`
    select active from cron.job where jobname = 'update-installment-statuses-daily'
  `;
  return active;
};

const overdue = async (sql: Database) => {
  const [{ count }] = await sql`
    select count(*)::int from public.installments where status::text = 'overdue'
  `;
  return count;
};

Deno.test("a project is deployed, goes on after a failure, marks nothing unasked, and has its keys rotated", () =>
  withCloud(async (cloud) => {
    const { sql, api, dir, duewatch } = cloud;
    const deploy = ["deploy", "--functions-url", api.functionsUrl];
    const before = await overdue(sql);
    const secretsFile = join(dir, "production.env");
    await Deno.writeTextFile(
      secretsFile,
      "SLACK_WEBHOOK_URL=http://127.0.0.1:1/hook\n",
    );

    await Deno.chmod(secretsFile, 0o644);
    const open = await duewatch([...deploy, "--secrets-file", secretsFile]);
    equal(open.exitCode, 1);
    match(open.notes, /Others can read .*production\.env.* chmod 600/);
    await Deno.chmod(secretsFile, 0o600);

    const planned = await duewatch([...deploy, "--dry-run"]);
    equal(planned.exitCode, 0, planned.notes);
    match(planned.output, /keys {8}a new job key and a new read key/);
    match(planned.output, /migrations {2}\d+_duewatch\.sql/);
    deepEqual(
      [
        api.calls.filter(({ method }) => method !== "GET"),
        await stored(sql, "jobs_api_key"),
      ],
      [[], undefined],
    );

    const refused = await duewatch([...deploy, "--yes"], undefined, {
      SUPABASE_ACCESS_TOKEN: `sbp_${"f".repeat(40)}`,
    });
    equal(refused.exitCode, 2, refused.output);
    match(
      refused.notes,
      /^Could not look at your projects: Supabase does not acc/,
    );
    equal(await stored(sql, "jobs_api_key"), undefined);

    api.fail(/functions\/deploy$/);
    const failed = await duewatch([...deploy, "--yes"]);
    equal(failed.exitCode, 2, failed.output);
    match(failed.notes, /^Could not deploy the functions: /);
    deepEqual([await isOn(sql), await overdue(sql)], [false, before]);
    api.fail(null);

    const deployed = await duewatch([
      ...deploy,
      "--yes",
      "--json",
      "--secrets-file",
      secretsFile,
    ]);
    equal(deployed.exitCode, 0, deployed.output + deployed.notes);
    equal(JSON.parse(deployed.output).turnedOn, false);
    const key = await stored(sql, "jobs_api_key");
    equal(api.secrets.get("JOBS_API_KEY"), key);
    equal(api.secrets.get("JOBS_READ_KEY"), await stored(sql, "jobs_read_key"));
    equal(await stored(sql, "functions_url"), api.functionsUrl);
    equal(await stored(sql, "slack_webhook_url"), "http://127.0.0.1:1/hook");
    deepEqual([await isOn(sql), await overdue(sql)], [false, before]);
    for (const { output, notes } of [planned, refused, failed, deployed]) {
      equal((output + notes).includes(key), false);
    }

    const no = await duewatch(deploy, ["y", "n"]);
    equal(no.exitCode, 0, no.output + no.notes);
    deepEqual([await isOn(sql), await overdue(sql)], [false, before]);
    const [, announced] =
      /The first run marks (\d+) installments/.exec(no.output) ?? [];

    const yes = await duewatch(deploy, ["y", "y"]);
    equal(yes.exitCode, 0, yes.output + yes.notes);
    match(yes.output, new RegExp(`The first run marked ${announced} installm`));
    deepEqual([await isOn(sql), await overdue(sql)], [
      true,
      before + Number(announced),
    ]);

    const again = await duewatch([...deploy, "--yes"]);
    equal(again.exitCode, 0, again.output + again.notes);
    match(again.output, /keys {8}are there/);
    match(again.output, /The schedule was on before, and stays on\./);
    equal(await stored(sql, "jobs_api_key"), key);

    await rotateThere(cloud, await deployToCopy(cloud, deploy));
    const [{ runs }] = await sql`
      select array_agg(status) as runs
      from public.jobs_log
      where job_name = ${MAIN_JOB}
    `;
    deepEqual(runs, ["success"]);
  }));

/**
 * Deploys to a database that holds the settings of another project, as after a
 * restore into a new one.
 *
 * @returns the job key that it has then.
 */
async function deployToCopy(
  { sql, api, duewatch }: Cloud,
  deploy: readonly string[],
): Promise<string> {
  const original = await stored(sql, "jobs_api_key");
  const other = "zyxwvutsrqponmlkjihg";
  await sql`
    select vault.update_secret(id, ${`https://${other}.supabase.co/functions/v1`})
    from vault.secrets
    where name = 'functions_url'
  `;
  const copied = await duewatch([...deploy, "--yes"]);
  equal(copied.exitCode, 0, copied.output + copied.notes);
  match(copied.output, new RegExp(`copy {8}it is one of the project ${other}`));
  match(copied.output, /keys {8}a new job key and a new read key/);
  const key = await stored(sql, "jobs_api_key");
  equal(key === original, false, "The original's key is not used again.");
  equal(await stored(sql, "functions_url"), api.functionsUrl);
  equal(await isOn(sql), false, "Its jobs wait until somebody resumes them.");
  await sql`select jobs.resume(${MAIN_JOB})`;
  return key;
}

async function rotateThere(
  { sql, api, duewatch }: Cloud,
  former: string,
): Promise<void> {
  const rotated = await duewatch(["keys", "rotate", "job", "--yes"]);
  equal(rotated.exitCode, 0, rotated.output + rotated.notes);
  const key = await stored(sql, "jobs_api_key");
  equal(key === former, false);
  equal(api.secrets.get("JOBS_API_KEY"), `${key},${former}`);
  const finished = await duewatch([
    "keys",
    "rotate",
    "job",
    "--finish",
    "--yes",
  ]);
  equal(finished.exitCode, 0, finished.output + finished.notes);
  equal(api.secrets.get("JOBS_API_KEY"), key);
}
