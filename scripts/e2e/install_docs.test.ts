// Follows docs/how-to/install.md to the letter.
import { deepEqual, equal, match } from "node:assert/strict";
import { join } from "node:path";
import { gatewayError } from "../stack/gateway/errors.ts";
import { FunctionWorkers } from "../stack/gateway/function_workers.ts";
import { LogFile } from "../stack/log_file.ts";
import { stackUrls } from "../stack/stack.ts";
import { type Follower, withFollower } from "./support/follower.ts";
import { platformVariables } from "./support/hosted_project.ts";
import { assertTurnedOn, lastRunAndEntry } from "./support/turned_on.ts";
import { config } from "./support/stack.ts";

const PAGE = "docs/how-to/install.md";

Deno.test("the quick start for a new project ends with a schedule that is on, and the way out leaves the folder as before", () =>
  withFollower(PAGE, {}, async (follower) => {
    const { project, sql, blocks, paste } = follower;
    const before = await project.files();
    const said = await paste(blocks("Quick start: new project", "sh"));
    match(said, /The schedule is on: the next run is on \d{4}-/);
    await assertTurnedOn(follower);
    match(
      await paste(blocks("Take it out", "sh")),
      /supabase functions delete/,
    );
    deepEqual(await project.files(), before);
    deepEqual([...await sql`select name from vault.secrets`], []);
  }));

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
