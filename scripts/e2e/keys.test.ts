import { deepEqual, equal, match, ok } from "node:assert/strict";
import { setTimeout as delay } from "node:timers/promises";
import { fingerprint } from "../duewatch/doctor/fingerprint.ts";
import { runDuewatch } from "../duewatch/testing/fake_runtime.ts";
import { configEnvironment } from "../stack/config.ts";
import { reloadFunctions } from "../stack/gateway_process.ts";
import { type StackKeys, writeKeys } from "../stack/keys.ts";
import { waitFor } from "../stack/wait.ts";
import { statePaths } from "../stack/state_dir.ts";
import { ensureVaultSecrets } from "../stack/vault_secrets.ts";
import {
  type Database,
  emptyDatabase,
  withDatabase,
} from "./support/database.ts";
import { MAIN_JOB } from "./support/jobs.ts";
import { within } from "./support/events.ts";
import { config, keys, urls } from "./support/stack.ts";
import { asSuperuser } from "./support/superuser.ts";

/** Runs `duewatch keys` on the stack of the tests; the output holds no key. */
async function duewatchKeys(...args: string[]) {
  const before = await keys();
  const ran = await runDuewatch(["keys", ...args], {
    environment: configEnvironment(config),
    cwd: config.repoDir,
  });
  const after = await keys();
  const shown = ran.output + ran.notes;
  for (const { jobsApiKey, readKey } of [before, after]) {
    equal(shown.includes(jobsApiKey) || shown.includes(readKey), false);
  }
  return ran;
}

/** Gives back the keys of before, which later tests of this stack have. */
async function withOwnKeys(
  sql: Database,
  work: (before: StackKeys) => Promise<void>,
): Promise<void> {
  await emptyDatabase(sql);
  const before = await keys();
  try {
    await work(before);
  } finally {
    await writeKeys(statePaths(config).keysFile, before);
    await sql`
      delete from vault.secrets
      where name in (
        'jobs_api_key_next', 'jobs_api_key_former',
        'jobs_read_key', 'jobs_read_key_next', 'jobs_read_key_former'
      )
    `;
    await ensureVaultSecrets(config, before);
    await reloadFunctions(config);
  }
}

const readReports = async (key: string) => {
  const answer = await fetch(`${urls.functionsUrl}/job-metrics`, {
    headers: { "X-API-Key": key },
  });
  await answer.body?.cancel();
  return answer.status;
};

/** Triggers the main job every second until it is stopped. */
function triggerEverySecond(sql: Database) {
  const runs: string[] = [];
  const stop = new AbortController();
  let twoMore = Promise.withResolvers<void>();
  let enough = Infinity;
  const triggering = (async () => {
    while (!stop.signal.aborted) {
      const [{ run }] = await sql`
        select jobs.dispatch(${MAIN_JOB}, 'manual') as run
      `;
      runs.push(run);
      if (runs.length >= enough) twoMore.resolve();
      await delay(1_000, undefined, { signal: stop.signal }).catch(() => {});
    }
  })();
  return {
    /** Resolves when two more triggers have been answered. */
    async triggersTwiceMore(): Promise<void> {
      twoMore = Promise.withResolvers();
      enough = runs.length + 2;
      await within(60_000, "the job is triggered", twoMore.promise);
    },
    async end(): Promise<string[]> {
      stop.abort();
      await triggering;
      return runs;
    },
  };
}

Deno.test("a job key is rotated under a trigger every second, and no run is missed or refused", () =>
  withDatabase((sql) =>
    withOwnKeys(sql, async ({ jobsApiKey: former }) => {
      const trigger = triggerEverySecond(sql);
      let runs: string[];
      try {
        const { exitCode, output, notes } = await duewatchKeys(
          "rotate",
          "job",
          "--yes",
        );
        equal(exitCode, 0, output + notes);
        const { jobsApiKey } = await keys();
        ok(jobsApiKey !== former);
        match(
          output,
          new RegExp(
            `The job key is ${fingerprint(jobsApiKey)} now, and was ${
              fingerprint(former)
            }\\.\nThe former key is accepted until \\d\\d:\\d\\d UTC\\.`,
          ),
        );
        equal(await readReports(former), 200);
        equal(await readReports(jobsApiKey), 200);

        const list = await duewatchKeys("list", "--json");
        deepEqual(
          JSON.parse(list.output).keys.map((
            { kind, use, refusedBy }: Record<string, unknown>,
          ) => [kind, use, refusedBy]),
          [["job", "current", []], ["job", "former", []]],
        );

        const early = await duewatchKeys("rotate", "job", "--yes");
        equal(early.exitCode, 1);
        match(early.notes, /only then can another take its place/);

        const ended = await duewatchKeys("rotate", "job", "--finish", "--yes");
        equal(ended.exitCode, 0, ended.output + ended.notes);
        equal(await readReports(former), 401);
        equal(await readReports(jobsApiKey), 200);
        await trigger.triggersTwiceMore();
      } finally {
        runs = await trigger.end();
      }
      // On a slow machine a tick does not wait for the end of its run, and the
      // next one finds it under way: it leaves no row and is no missed run.
      const ended = await waitFor(async () => {
        const [{ under_way }] = await sql`
          select count(*)::int as under_way
          from public.jobs_log
          where status = 'running'
        `;
        return under_way === 0;
      }, 60_000);
      ok(ended, "a run has not ended");
      const outcomes = await sql`
        select status, error_message, count(*)::int
        from public.jobs_log
        where job_name = ${MAIN_JOB}
        group by status, error_message
      `;
      deepEqual(
        outcomes.map(({ status, error_message }) => [status, error_message]),
        [["success", null]],
      );
      const [last] = await sql`
        select status
        from public.jobs_log
        where id = ${runs.at(-1) ?? null}
      `;
      equal(last?.status, "success", "the run triggered last, by the new key");
    })
  ));

Deno.test("a rotation that was interrupted goes on with the key that was made", () =>
  withDatabase((sql) =>
    withOwnKeys(sql, async () => {
      const made = "job_made_before_the_interruption";
      await sql`select vault.create_secret(${made}, 'jobs_api_key_next')`;
      const { exitCode, output, notes } = await duewatchKeys(
        "rotate",
        "job",
        "--yes",
      );
      equal(exitCode, 0, output + notes);
      equal((await keys()).jobsApiKey, made);
    })
  ));

Deno.test("a read key is rotated, and what has the former one reads on until it is ended", () =>
  withDatabase((sql) =>
    withOwnKeys(sql, async ({ readKey: former }) => {
      const { exitCode, output, notes } = await duewatchKeys(
        "rotate",
        "read",
        "--yes",
      );
      equal(exitCode, 0, output + notes);
      const { readKey } = await keys();
      deepEqual(await Promise.all([former, readKey].map(readReports)), [
        200,
        200,
      ]);
      equal(
        (await duewatchKeys("rotate", "read", "--finish", "--yes")).exitCode,
        0,
      );
      deepEqual(await Promise.all([former, readKey].map(readReports)), [
        401,
        200,
      ]);
    })
  ));

Deno.test("nothing is rotated without a yes, nor with --dry-run", () =>
  withDatabase((sql) =>
    withOwnKeys(sql, async (before) => {
      equal((await duewatchKeys("rotate", "job")).exitCode, 3);
      equal((await duewatchKeys("rotate", "job", "--dry-run")).exitCode, 0);
      deepEqual(await keys(), before);
      equal((await duewatchKeys("rotate", "any")).exitCode, 2);
      const [{ count }] = await sql`
        select count(*)::int from vault.secrets where name like '%\\_next'
      `;
      equal(count, 0);
    })
  ));

Deno.test("with a Vault of another root key it is said what to do, and that works", () =>
  withDatabase((sql) =>
    withOwnKeys(sql, async () => {
      await asSuperuser((superuser) =>
        superuser`
          update vault.secrets
          set nonce = ${new Uint8Array(16)}
          where name = 'jobs_api_key'
        `
      );
      const refused = await duewatchKeys("list");
      equal(refused.exitCode, 1);
      match(refused.notes, /stored under another root key/);
      const [, remedy] = refused.notes.split("\n\n");
      await sql.unsafe(remedy).simple();
      equal((await duewatchKeys("list")).exitCode, 0);
    })
  ));
