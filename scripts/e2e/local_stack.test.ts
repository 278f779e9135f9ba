import {
  deepEqual,
  doesNotMatch,
  equal,
  match,
  notEqual,
  ok,
} from "node:assert/strict";
import { join } from "node:path";
import { functionNames } from "../functions/catalog.ts";
import type { CommandResult } from "../stack/command.ts";
import { exists, removeIfExists, writeSecretFile } from "../stack/files.ts";
import { stopStack } from "../stack/stack.ts";
import { readAgencyResults } from "../stack/runs.ts";
import { waitFor } from "../stack/wait.ts";
import type { Database } from "./support/database.ts";
import { entryOf, JOBS, MAIN_JOB } from "./support/jobs.ts";
import {
  closeMigrationGate,
  type MigrationGate,
} from "./support/migration_gate.ts";
import {
  config,
  duewatch,
  duringDuewatch,
  ownClusterHome,
  ownKeys,
  ownProcesses,
  paths,
  pressCtrlC,
  readAgencies,
  removeOwnStack,
  triggerOverHttp,
  urls,
  withOwnDatabase,
} from "./support/own_stack.ts";
import {
  commandLines,
  isRunning,
  killAndWait,
  listeningAddresses,
  processTree,
  waitUntilGone,
} from "./support/processes.ts";

const FUNCTIONS = await functionNames(config.repoDir);

const SCHEDULES = [
  "check-job-health-hourly",
  "job-due-checks",
  "job-supervisor",
  "jobs-retention",
  ...JOBS.map(entryOf),
].sort();

const UUID = /[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}/;

Deno.test("the local stack", async (test) => {
  await removeOwnStack();
  try {
    for (const [sentence, work] of STEPS) {
      const passed = await test.step(sentence, work);
      // Each step takes over the stack as the one before it has left it.
      if (!passed) break;
    }
  } finally {
    await stopStack(config);
  }
});

const STEPS: readonly (readonly [string, () => Promise<void>])[] = [
  [
    "a first start that was interrupted in the middle of a migration is finished by the next",
    firstStart,
  ],
  ["secrets on disk are readable by their owner only", filesAreClosed],
  [
    "the local times in the report observe daylight saving time",
    summerTimeIsKnown,
  ],
  ["status --json prints only JSON, with usable addresses and keys", status],
  ["a second start changes nothing", secondStart],
  ["every process listens on the loopback interface only", loopbackOnly],
  ["no secret is on a command line or in a log", noSecretLeaks],
  ["job triggers a run and shows it, and fails when the run failed", job],
  ["a killed function is restarted by the next request", killedFunction],
  ["start gives the last resort the channels of the functions", lastResort],
  [
    "the functions end with a killed gateway, and start recovers",
    killedGateway,
  ],
  ["the gateway outlives a Postgres that was killed", killedPostgres],
  [
    "start brings pg_cron back when its process is gone",
    endedScheduler,
  ],
  ["stop ends everything, and stopping again is not an error", stop],
  [
    "stale pid files harm neither the processes that they name nor a start",
    stalePids,
  ],
  [
    "a port in use is reported with its process, which is left running",
    takenPorts,
  ],
  [
    "a migration of a database with data that was interrupted is applied by the next start, and the data stays",
    laterMigration,
  ],
  [
    "reset seeds again and keeps the keys, and start finishes an interrupted one",
    reset,
  ],
];

async function firstStart(): Promise<void> {
  const { gate, pid } = await stopInMigration("start", pressCtrlC);
  // Once to create pg_cron, and once for its process to see it.
  const log = await Deno.readTextFile(
    join(await ownClusterHome(), "postgres.log"),
  );
  equal(log.match(/database system is ready to accept/g)?.length, 2);
  // The CLI is gone, and its statement still runs in Postgres.
  const started = duewatch("start");
  await gate.leftOrInTheWay(pid).finally(gate.open);
  const start = succeeded(await started);
  const run = await withOwnDatabase(async (sql) => {
    const runs = await sql`
      select id, status, trigger_source, records_updated, started_at
      from public.jobs_log
      where job_name = ${MAIN_JOB}
    `;
    equal(runs.length, 1);
    equal(runs[0].status, "success");
    equal(runs[0].trigger_source, "cron");
    const ticks = await sql`
      select status
      from cron.job_run_details
      where command like '%update-installment-statuses%'
        -- The daily entry may have come up as well.
        and jobid not in (select jobid from cron.job)
    `;
    deepEqual(ticks.map((tick) => tick.status), ["succeeded"]);
    deepEqual(await schedules(sql), SCHEDULES);
    return runs[0];
  });

  match(start.stdout, /^trigger\s+cron$/m);
  match(start.stdout, /^status\s+success$/m);
  equal(runIn(start), run.id);
  equal(run.records_updated > 0, true);

  const agencies = await withOwnDatabase((sql) =>
    sql`
      select name, timezone, overdue_cutoff_time::text as cutoff
      from public.agencies
    `
  );
  equal(agencies.length >= 12, true);
  let overdue = 0;
  for (const { name, timezone, cutoff } of agencies) {
    const line = start.stdout.split("\n").find((text) => text.startsWith(name));
    const localTime = wallClock(run.started_at, timezone);
    const shown = line?.slice(name.length).trim().split(/\s{2,}/) ?? [];
    deepEqual(shown.slice(0, 3), [timezone, localTime, cutoff.slice(0, 5)]);
    overdue += Number(shown[3]);
  }
  equal(overdue, run.records_updated);
}

async function filesAreClosed(): Promise<void> {
  const secret = [paths.keysFile, join(await ownClusterHome(), "pgpass")];
  for (const file of secret) equal(await modeOf(file), "600");
  const logs = [...Deno.readDirSync(paths.logsDir)];
  equal(logs.length >= 2, true);
  equal(await modeOf(paths.logsDir), "700");
  equal(await modeOf(join(await ownClusterHome(), "data")), "700");
}

async function summerTimeIsKnown(): Promise<void> {
  await withOwnDatabase(async (sql) => {
    const [{ agency }] = await sql`
      insert into public.agencies (name, timezone)
      values ('In a zone with an ambiguous name', 'CET')
      returning id as agency
    `;
    const [{ run }] = await sql`
      insert into public.jobs_log (
        job_name, started_at, completed_at, status
      )
      values ('in July', '2026-07-01T15:00Z', '2026-07-01T15:01Z', 'success')
      returning id as run
    `;
    try {
      const results = await readAgencyResults(config, run);
      const local = results.find(({ timezone }) => timezone === "CET");
      equal(local?.localTime, "2026-07-01 17:00");
    } finally {
      await sql`delete from public.agencies where id = ${agency}`;
      await sql`delete from public.jobs_log where id = ${run}`;
    }
  });
}

async function status(): Promise<void> {
  const document = JSON.parse(
    succeeded(await duewatch("status", "--json")).stdout,
  );
  const keys = await ownKeys();
  const processes = await ownProcesses();
  deepEqual(document, {
    running: true,
    ...urls,
    jobsApiKey: keys.jobsApiKey,
    readKey: keys.readKey,
    publishableKey: keys.publishableKey,
    secretKey: keys.secretKey,
    jwtSecret: keys.jwtSecret,
    jwtKeyId: keys.jwtKeyId,
    postgresRunning: true,
    gatewayRunning: true,
    postgresVersion: document.postgresVersion,
    functions: Object.fromEntries(
      FUNCTIONS.map((name) => [name, "running"]),
    ),
    stateDir: config.stateDir,
    logs: {
      gateway: paths.gatewayLog,
      functions: paths.functionsLog,
      postgres: join(await ownClusterHome(), "postgres.log"),
    },
  });
  equal(document.postgresVersion >= 15, true);
  equal(await isRunning(processes.postgres), true);

  const triggered = await fetch(
    `${document.functionsUrl}/update-installment-statuses`,
    { method: "POST", headers: { "X-API-Key": document.jobsApiKey } },
  );
  equal(triggered.status, 200);
  await triggered.body?.cancel();
  const agencies = await fetch(`${document.restUrl}/agencies?select=name`, {
    headers: { apikey: document.secretKey },
  });
  equal(agencies.status, 200);
  equal((await agencies.json()).length >= 12, true);
}

async function secondStart(): Promise<void> {
  const before = await state();
  const start = succeeded(await duewatch("start"));
  deepEqual(await state(), before);
  match(start.stdout, /set up already/);

  async function state() {
    return {
      keys: await Deno.readTextFile(paths.keysFile),
      processes: await ownProcesses(),
      data: await withOwnDatabase(fingerprint),
      runs: await withOwnDatabase((sql) =>
        sql`
          select id
          from public.jobs_log
          where job_name = ${MAIN_JOB}
          order by id
        `.values()
      ),
    };
  }
}

async function loopbackOnly(): Promise<void> {
  const { gateway, functions, postgres } = await ownProcesses();
  equal(functions.length, FUNCTIONS.length);
  const addresses = await listeningAddresses([
    ...await processTree(gateway),
    ...await processTree(postgres),
  ]);
  const hosts = addresses.map((address) => address.split(":")[0]);
  const ports = addresses.map((address) => parseInt(address.split(":")[1], 16));
  equal(ports.includes(config.apiPort), true);
  equal(ports.includes(config.dbPort), true);
  // Beside the two: one of each function's own.
  equal(new Set(ports).size, 2 + FUNCTIONS.length);
  // 127.0.0.1, in the byte order of /proc/net/tcp.
  deepEqual(new Set(hosts), new Set(["0100007F"]));
}

async function noSecretLeaks(): Promise<void> {
  const { instanceId: _, jwtKeyId: __, ...keys } = await ownKeys();
  const secrets = Object.values(keys).flat();
  let starting = true;
  const start = duewatch("start").finally(() => starting = false);
  let sawSupabaseCli = false;
  do {
    for (const line of await commandLines()) {
      for (const secret of secrets) equal(line.includes(secret), false, line);
      sawSupabaseCli ||= line.includes("supabase") && line.includes("push") &&
        line.includes(String(config.dbPort));
    }
  } while (starting);
  succeeded(await start);
  ok(sawSupabaseCli, "the command lines of a start were not looked at");

  const logs = [
    join(await ownClusterHome(), "postgres.log"),
    ...[...Deno.readDirSync(paths.logsDir)]
      .map(({ name }) => join(paths.logsDir, name)),
  ];
  for (const log of logs) {
    const text = await Deno.readTextFile(log);
    for (const secret of secrets) equal(text.includes(secret), false, log);
  }
}

async function job(): Promise<void> {
  const good = succeeded(await duewatch("job"));
  match(good.stdout, /^status\s+success$/m);
  match(good.stdout, /^trigger\s+manual$/m);
  await withOwnDatabase(async (sql) => {
    const [run] = await sql`
      select status
      from public.jobs_log
      where id = ${runIn(good)}
    `;
    equal(run.status, "success");
  });

  const unknown = await duewatch("job", "no-such-job");
  equal(unknown.code, 1);
  match(unknown.stderr, /no-such-job/);
  equal(isSentence(unknown), true, unknown.stderr);

  await withOwnDatabase((sql) =>
    sql`
      select vault.update_secret(id, 'another-key-0123456789')
      from vault.secrets
      where name = 'jobs_api_key'
    `
  );
  const failed = await duewatch("job");
  equal(failed.code, 1);
  match(failed.stdout, /^status\s+failed$/m);
  match(failed.stdout, /^error\s+.*401.*jobs_api_key/m);

  succeeded(await duewatch("start"));
  match(succeeded(await duewatch("job")).stdout, /^status\s+success$/m);
}

async function lastResort(): Promise<void> {
  const webhook = "http://127.0.0.1:1/services/T0/B0/secret";
  const settings = () =>
    withOwnDatabase((sql) =>
      sql`
        select name, decrypted_secret as value
        from vault.decrypted_secrets
        where name not in ('functions_url', 'jobs_api_key')
      `
    );
  await writeSecretFile(
    config.functionsEnvFile,
    `SLACK_WEBHOOK_URL="${webhook}"\nDASHBOARD_URL="https://example.com"\n`,
  );
  succeeded(await duewatch("start"));
  deepEqual([...await settings()], [
    { name: "slack_webhook_url", value: webhook },
  ]);

  await removeIfExists(config.functionsEnvFile);
  succeeded(await duewatch("start"));
  deepEqual([...await settings()], []);
}

async function killedFunction(): Promise<void> {
  const before = await ownProcesses();
  // A stopped gateway notices the end only when it gets the request.
  Deno.kill(before.gateway, "SIGSTOP");
  let request: Promise<Response>;
  try {
    for (const pid of before.functions) await killAndWait(pid, "SIGKILL");
    request = triggerOverHttp();
  } finally {
    Deno.kill(before.gateway, "SIGCONT");
  }

  const answer = await request;
  equal(answer.status, 200, await answer.text());
  const after = await ownProcesses();
  equal(after.gateway, before.gateway);
  equal(after.functions.some((pid) => before.functions.includes(pid)), false);
}

async function killedGateway(): Promise<void> {
  const before = await ownProcesses();
  await killAndWait(before.gateway, "SIGKILL");
  for (const pid of before.functions) await waitUntilGone(pid);

  const seen = await duewatch("status", "--json");
  equal(seen.code, 1);
  const { running, gatewayRunning, postgresRunning } = JSON.parse(seen.stdout);
  deepEqual({ running, gatewayRunning, postgresRunning }, {
    running: false,
    gatewayRunning: false,
    postgresRunning: true,
  });
  const triggered = await duewatch("job");
  equal(triggered.code, 1);
  match(triggered.stderr, /npm start/);

  succeeded(await duewatch("start"));
  equal((await ownProcesses()).postgres, before.postgres);
  const answer = await triggerOverHttp();
  equal(answer.status, 200, await answer.text());
}

async function killedPostgres(): Promise<void> {
  const before = await ownProcesses();
  const data = await withOwnDatabase(fingerprint);
  // One connection is idle when the server dies, five are in a transaction.
  const first = await readAgencies();
  equal(first.status, 200, await first.text());

  const underWay = await withOwnDatabase(async (sql) => {
    await sql`begin`;
    await sql`lock table public.agencies`;
    const requests = Array.from({ length: 5 }, readAgencies);
    await lockIsAwaitedBy(requests.length, sql);
    await killAndWait(before.postgres, "SIGKILL");
    return requests;
  });
  for (const answer of await Promise.all(underWay)) {
    equal(answer.status, 503, await answer.text());
  }

  const away = await readAgencies();
  equal(away.status, 503, await away.text());

  succeeded(await duewatch("start"));
  const after = await ownProcesses();
  equal(after.gateway, before.gateway);
  deepEqual(after.functions, before.functions);
  deepEqual(await withOwnDatabase(fingerprint), data);
  const answer = await readAgencies();
  equal(answer.status, 200, await answer.text());
}

async function endedScheduler(): Promise<void> {
  const [before] = await withOwnDatabase(schedulers);
  await killAndWait(before, "SIGTERM");

  const { stderr } = succeeded(await duewatch("start"));
  const restart = /Restarting PostgreSQL, because pg_cron does not run/;
  if (await withOwnDatabase(schedulerReturns)) doesNotMatch(stderr, restart);
  else match(stderr, restart);
  const after = await withOwnDatabase(schedulers);
  equal(after.length, 1);
  notEqual(after[0], before);

  const again = succeeded(await duewatch("start"));
  doesNotMatch(again.stderr, /Restarting/);
  deepEqual(await withOwnDatabase(schedulers), after);

  // As a first start leaves it that ends just after it has created pg_cron.
  const restartDue = join(await ownClusterHome(), "restart-due");
  await writeSecretFile(restartDue, "");
  succeeded(await duewatch("start"));
  notEqual((await withOwnDatabase(schedulers))[0], after[0]);
  equal(await exists(restartDue), false);
}

/** Whether Postgres starts an ended process of pg_cron again: since 1.5. */
async function schedulerReturns(sql: Database): Promise<boolean> {
  const [{ extversion }] = await sql`
    select extversion
    from pg_extension
    where extname = 'pg_cron'
  `;
  return Number(extversion) >= 1.5;
}

/** The processes of pg_cron. */
async function schedulers(sql: Database): Promise<number[]> {
  const rows = await sql<{ pid: number }[]>`
    select pid
    from pg_stat_activity
    where backend_type like 'pg_cron%'
  `;
  return rows.map(({ pid }) => pid);
}

async function stop(): Promise<void> {
  const { gateway, functions, postgres } = await ownProcesses();
  match(succeeded(await duewatch("stop")).stdout, /is stopped/);
  for (const pid of [gateway, ...functions, postgres]) {
    equal(await isRunning(pid), false);
  }
  match(succeeded(await duewatch("stop")).stdout, /was not running/);
  const seen = await duewatch("status");
  equal(seen.code, 1);
  match(seen.stdout, /not running/);
}

async function stalePids(): Promise<void> {
  const stranger = new Deno.Command("sleep", { args: ["600"] }).spawn();
  try {
    const data = join(await ownClusterHome(), "data");
    const leave = async () => {
      await Deno.writeTextFile(
        paths.gatewayPidFile,
        JSON.stringify({ pid: stranger.pid, startTicks: 1 }),
      );
      await Deno.writeTextFile(
        join(data, "postmaster.pid"),
        `${stranger.pid}\n${data}\n1\n${config.dbPort}\n\n127.0.0.1\n1 1\nready\n`,
      );
    };
    await leave();
    match(succeeded(await duewatch("stop")).stdout, /was not running/);
    await Deno.writeTextFile(paths.gatewayPidFile, "{");
    match(succeeded(await duewatch("stop")).stdout, /was not running/);
    await leave();
    equal((await duewatch("status")).code, 1);
    succeeded(await duewatch("start"));
    equal(await isRunning(stranger.pid), true);
    succeeded(await duewatch("status"));
  } finally {
    stranger.kill("SIGKILL");
    await stranger.status;
  }
}

async function takenPorts(): Promise<void> {
  succeeded(await duewatch("stop"));
  const ports = [
    [config.dbPort, "DUEWATCH_DB_PORT"],
    [config.apiPort, "DUEWATCH_API_PORT"],
  ] as const;
  for (const [port, variable] of ports) {
    using stranger = Deno.listen({ hostname: "127.0.0.1", port });
    const start = await duewatch("start");
    equal(start.code, 1);
    match(
      start.stderr,
      new RegExp(`Port ${port}.*process ${Deno.pid} .*${variable}`),
    );
    equal(isSentence(start), true, start.stderr);

    using connection = await Deno.connect({ hostname: "127.0.0.1", port });
    using accepted = await stranger.accept();
    equal(accepted.remoteAddr.transport, connection.localAddr.transport);
  }
  succeeded(await duewatch("start"));
  succeeded(await duewatch("status"));
}

async function laterMigration(): Promise<void> {
  const rollback = await Deno.readTextFile(
    join(config.repoDir, "supabase", "rollbacks", "duewatch.sql"),
  );
  await withOwnDatabase((sql) => sql.unsafe(rollback).simple());
  const before = await withOwnDatabase(fingerprint);

  const { gate } = await stopInMigration("start", (pid) => {
    Deno.kill(pid, "SIGKILL");
  });
  // The CLI keeps running until it is through the gate.
  const start = await duringDuewatch("start", /CLI/, gate.open);
  match(start.output, /Waiting for another Supabase CLI/);
  equal(start.code, 0);
  deepEqual(await withOwnDatabase(fingerprint), before);
  await withOwnDatabase(async (sql) => {
    deepEqual(await schedules(sql), SCHEDULES);
  });
}

async function reset(): Promise<void> {
  const keys = await Deno.readTextFile(paths.keysFile);
  const { seeded, oldRuns } = await withOwnDatabase(async (sql) => {
    const seeded = await fingerprint(sql);
    await sql`delete from public.installments where status = 'paid'`;
    await sql`insert into public.agencies (name) values ('Ours')`;
    notEqual(await fingerprint(sql), seeded);
    const oldRuns = await sql`select id from public.jobs_log`;
    return { seeded, oldRuns: oldRuns.map(({ id }) => id) };
  });

  const { gate } = await stopInMigration("reset", pressCtrlC);
  await gate.open();
  // All is there when it waits for the tick, which would take up to a minute.
  await duringDuewatch(
    "start",
    /Waiting for pg_cron/,
    (pid) =>
      withOwnDatabase(async (sql) => {
        equal(await fingerprint(sql), seeded);
        const [{ count }] = await sql`
          select count(*)::int
          from public.jobs_log
          where id = any(${oldRuns})
        `;
        equal(count, 0);
        pressCtrlC(pid);
      }),
  );
  equal(await Deno.readTextFile(paths.keysFile), keys);

  const remains = [...Deno.readDirSync(await ownClusterHome())]
    .filter(({ name }) => /^(initdb|discarded)-/.test(name));
  deepEqual(remains, []);

  succeeded(await duewatch("job"));
  match(succeeded(await duewatch("start")).stdout, /set up already/);
  await withOwnDatabase(async (sql) => {
    deepEqual(await schedules(sql), SCHEDULES);
  });
}

/**
 * Stops a command in the middle of a migration.
 *
 * @returns the gate that the migration stands at, and its session.
 */
async function stopInMigration(
  command: string,
  stop: (pid: number) => void,
): Promise<{ gate: MigrationGate; pid: number }> {
  const { result } = await duringDuewatch(
    command,
    /Applying migrations/,
    async (commandPid) => {
      const gate = await closeMigrationGate();
      const pid = await gate.reached();
      stop(commandPid);
      return { gate, pid };
    },
  );
  return result;
}

function succeeded(result: CommandResult): CommandResult {
  equal(result.code, 0, result.stderr + result.stdout);
  return result;
}

function runIn({ stdout }: CommandResult): string {
  return new RegExp(`^run\\s+(${UUID.source})$`, "m").exec(stdout)?.[1] ?? "";
}

/** Whether a command fails with an explanation, without a stack trace. */
function isSentence({ stderr }: CommandResult): boolean {
  return /\.\s*$/.test(stderr) && !/^\s+at /m.test(stderr);
}

/** Date and time in a zone as `YYYY-MM-DD HH:MM`, by the ICU library. */
function wallClock(instant: Date, timeZone: string): string {
  const format = new Intl.DateTimeFormat("sv-SE", {
    timeZone,
    dateStyle: "short",
    timeStyle: "short",
  });
  return format.format(instant);
}

async function modeOf(path: string): Promise<string> {
  return (((await Deno.stat(path)).mode ?? 0) & 0o777).toString(8);
}

async function schedules(sql: Database): Promise<string[]> {
  const jobs = await sql`select jobname from cron.job order by jobname`;
  return jobs.map(({ jobname }) => jobname);
}

/** The rows of the seed, without dates, which depend on today. */
async function fingerprint(sql: Database): Promise<string> {
  const [{ fingerprint }] = await sql`
    select md5(string_agg(line, ',' order by line)) as fingerprint
    from (
      select row(id, name, timezone, overdue_cutoff_time)::text
      from public.agencies
      union all
      select row(id, agency_id, total_amount)::text
      from public.payment_plans
      union all
      select row(id, payment_plan_id, amount)::text
      from public.installments
    ) as seeded (line)
  `;
  return fingerprint;
}

async function lockIsAwaitedBy(count: number, sql: Database): Promise<void> {
  const awaited = await waitFor(async () => {
    const [{ waiting }] = await sql`
      select count(*)::int as waiting
      from pg_locks
      where not granted
    `;
    return waiting >= count ? true : undefined;
  }, 20_000);
  ok(awaited, "the requests did not come to the lock");
}
