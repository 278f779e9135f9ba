// Follows docs/how-to/install.md to the letter.
import { deepEqual, equal, match } from "node:assert/strict";
import { join } from "node:path";
import { functionNames } from "../functions/catalog.ts";
import { gatewayError } from "../stack/gateway/errors.ts";
import { FunctionWorkers } from "../stack/gateway/function_workers.ts";
import { LogFile } from "../stack/log_file.ts";
import { stackUrls } from "../stack/stack.ts";
import { OTHER_NAMES, SAME_NAMES } from "./foreign/domains.ts";
import { expectedStatuses, statuses } from "./foreign/expectation.ts";
import { snapshot } from "./foreign/journey.ts";
import { push } from "./foreign/project.ts";
import type { Database } from "./support/database.ts";
import {
  type Follower,
  platformVariables,
  withFollower,
} from "./support/follower.ts";
import { config } from "./support/stack.ts";

const PAGE = "docs/how-to/install.md";

/** The functions answer, and pg_cron starts the job. */
async function assertTurnedOn({ sql, api }: Follower): Promise<void> {
  deepEqual([...api.deployed].sort(), await functionNames(config.repoDir));
  deepEqual(await lastRunAndEntry(sql), {
    status: "success",
    trigger_source: "manual",
    active: true,
  });
}

async function lastRunAndEntry(sql: Database) {
  const [row] = await sql`
    select run.status, run.trigger_source, entry.active
    from public.jobs_log as run
    cross join cron.job as entry
    where entry.jobname = 'update-installment-statuses-daily'
    order by run.started_at desc
    limit 1
  `;
  return { ...row };
}

Deno.test("the quick start for a new project ends with a schedule that is on, and the way out leaves the folder as before", () =>
  withFollower(PAGE, {}, async (follower) => {
    const { project, sql, blocks, paste } = follower;
    const before = await project.files();
    const said = await paste(blocks("Quick start: new project", "sh"));
    match(said, /The schedule is on: the job runs every day\./);
    await assertTurnedOn(follower);
    match(
      await paste(blocks("Take it out", "sh")),
      /supabase functions delete/,
    );
    deepEqual(await project.files(), before);
    deepEqual([...await sql`select name from vault.secrets`], []);
  }));

for (
  const [heading, domain] of [
    ["Quick start: same names", SAME_NAMES],
    ["Quick start: other names", OTHER_NAMES],
  ] as const
) {
  Deno.test(`${heading}: the first run marks what an independent calculation says, and the way out leaves the tables as before`, () =>
    withFollower(PAGE, domain.migrations, async (follower) => {
      const { project, stack, sql, blocks, paste } = follower;
      await push(project, stack);
      const before = await snapshot(follower);
      const rows = await statuses(sql, domain.names);
      const [{ now }] = await sql`select now()`;
      const expected = await expectedStatuses(sql, domain.names, now);
      await paste(blocks(heading, "sh"));
      await assertTurnedOn(follower);
      const after = await statuses(sql, domain.names);
      deepEqual(new Map([...after].sort()), new Map([...expected].sort()));
      equal([...after].some(([id, word]) => rows.get(id) !== word), true);
      await paste(blocks("Take it out", "sh"));
      deepEqual((await snapshot(follower)).catalog, before.catalog);
    }));
}

Deno.test("the quick start for a self-hosted project makes functions that answer the database", () =>
  withFollower(
    PAGE,
    {},
    async ({ project, stack, sql, blocks, paste, runSql }) => {
      const docker = await Deno.makeTempDir({ prefix: "duewatch-docker-" });
      const functionsDir = join(docker, "volumes", "functions");
      await Deno.mkdir(join(functionsDir, "main"), { recursive: true });
      await Deno.copyFile(
        join(config.repoDir, "deno.lock"),
        join(docker, "deno.lock"),
      );
      const container = new FunctionWorkers({
        repoDir: docker,
        functionsDir,
        copiesDir: join(docker, "copies"),
        environment: async () => ({
          ...await onlyWhatDockerSets(stack),
          ...await readVariables(join(docker, "functions.env")),
        }),
        log: new LogFile(join(docker, "functions.log")),
      });
      await using gateway = Deno.serve(
        { hostname: "127.0.0.1", port: 0, onListen: () => {} },
        async (request) => {
          const { pathname, search } = new URL(request.url);
          const [, name, rest] =
            /^\/functions\/v1\/([^/]+)(.*)$/.exec(pathname) ??
              [];
          return name === undefined
            ? gatewayError(404, "NOT_FOUND", "Not a function")
            : await container.handle(name, rest + search, request);
        },
      );
      try {
        const heading = "Quick start: self-hosted";
        const commands = blocks(heading, "sh");
        const place = `DOCKER='${docker}'\nDUEWATCH_DB_URL='${
          stackUrls(stack.config).databaseUrl
        }?sslmode=disable'\nexport DOCKER DUEWATCH_DB_URL\n`;
        await paste([place, ...commands.slice(0, -1)]);
        match(
          await Deno.readTextFile(join(docker, "docker-was-called-with")),
          /^compose up -d --no-deps --force-recreate functions\n$/,
        );
        const { JOBS_API_KEY } = await readVariables(
          join(docker, "functions.env"),
        );
        await runSql(blocks(heading, "sql"), { "<the job key>": JOBS_API_KEY });
        const [{ problem }] = await sql`
        select jobs.setting_problem('functions_url') as problem
      `;
        equal(problem, null);
        // The container network is here.
        await sql`
        select vault.update_secret(
          id, ${`http://127.0.0.1:${gateway.addr.port}/functions/v1`}
        )
        from vault.secrets
        where name = 'functions_url'
      `;
        await paste([place, ...commands.slice(-1)]);
        await sql`select jobs.dispatch('update-installment-statuses')`;
        const { status } = await lastRunAndEntry(sql);
        equal(status, "success");
        equal((await project.files()).has("functions/_duewatch/"), true);
      } finally {
        await container.close();
        await Deno.remove(docker, { recursive: true });
      }
    },
  ));

/** The variables that the container has without ours. */
async function onlyWhatDockerSets(stack: Follower["stack"]) {
  const { SUPABASE_URL, SUPABASE_ANON_KEY, SUPABASE_SERVICE_ROLE_KEY } =
    await platformVariables(stack);
  return { SUPABASE_URL, SUPABASE_ANON_KEY, SUPABASE_SERVICE_ROLE_KEY };
}

async function readVariables(path: string): Promise<Record<string, string>> {
  const text = await Deno.readTextFile(path);
  return Object.fromEntries(
    text.trim().split("\n").map((line) => {
      const [name, value] = line.split("=");
      return [name, value];
    }),
  );
}
