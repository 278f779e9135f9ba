import {
  deepEqual,
  doesNotMatch,
  equal,
  match,
  notEqual,
} from "node:assert/strict";
import type { CommandResult } from "../stack/command.ts";
import { insertFailure } from "./support/alerts.ts";
import { insertAgency, insertInstallments } from "./support/arrange.ts";
import { callFunction } from "./support/call_function.ts";
import {
  type Database,
  emptyDatabase,
  withDatabase,
} from "./support/database.ts";
import { withGateOnInstallments } from "./support/gate.ts";
import { JOBS } from "./support/jobs.ts";
import {
  hosted,
  jobs,
  jobsJson,
  jobsPipedTo,
  LOCAL,
  startJobs,
  startJobsOnTerminal,
} from "./support/jobs_cli.ts";
import { commandLines } from "./support/processes.ts";
import { keys, urls } from "./support/stack.ts";
import { whileUnchanged } from "./support/steady.ts";
import { withoutSupervisor } from "./support/supervisor.ts";
import { withTriggerOnInstallments } from "./support/trigger.ts";

const JOB = "update-installment-statuses";
/** An unregistered job, which has no catch-up runs. */
const OTHER_JOB = "sync-students";

function onEmptyDatabase(
  work: (sql: Database) => Promise<void>,
): () => Promise<void> {
  return () =>
    withDatabase(async (sql) => {
      await emptyDatabase(sql);
      await work(sql);
    });
}

/** Disables catch-up runs, so that a failed run stays the last one. */
function unsupervised(
  work: (sql: Database) => Promise<void>,
): () => Promise<void> {
  return onEmptyDatabase((sql) => withoutSupervisor(sql, () => work(sql)));
}

function succeeded(result: CommandResult): string {
  equal(result.code, 0, result.stderr);
  return result.stdout;
}

/** The error message of a command that failed. */
function problemOf({ code, stdout, stderr }: CommandResult): string {
  equal(code, 2, stderr);
  equal(stdout, "");
  doesNotMatch(stderr, /^\s+at /m);
  return stderr.trimEnd();
}

async function answerOf(slug: string, query: string) {
  const headers = { "X-API-Key": (await keys()).jobsApiKey };
  const { body } = await callFunction(slug, { query, headers });
  return body;
}

/** Logs runs of a job, one a minute, every third of them failed. */
async function insertHistory(
  sql: Database,
  jobName: string,
  count: number,
): Promise<void> {
  await sql`
    insert into public.jobs_log (
      job_name, started_at, completed_at, status, error_message, records_updated
    )
    select
      ${jobName},
      now() - number * interval '1 minute',
      now() - number * interval '1 minute' + interval '2 seconds',
      case when number % 3 = 0 then 'failed' else 'success' end,
      case when number % 3 = 0 then 'It broke.' end,
      number
    from generate_series(1, ${count}::int) as number
  `;
}

Deno.test(
  "status prints the health report for people, and with --json as it is",
  onEmptyDatabase(async (sql) => {
    await insertFailure(sql, OTHER_JOB, "deadlock detected");
    const [answered, { checkedAt, ...report }] = await whileUnchanged(
      async () => {
        const { checkedAt: _, ...rest } = await answerOf(
          "check-job-health",
          "?dryRun=true",
        );
        return rest;
      },
      () => jobsJson("status"),
    );
    deepEqual(report, answered);
    equal(typeof checkedAt, "string");

    const shown = succeeded(await jobs(["status"]));
    match(shown, new RegExp(`^critical {2}${urls.apiUrl}, checked 20`));
    match(shown, /^sync-students +critical {2}failed (now|\d+ (s|min) ago) /m);
    match(shown, /^update-installment-statuses {2,}warning {3}never /m);
    match(shown, /^critical .*deadlock detected\n.*last-run-failed\.md$/m);
  }),
);

Deno.test(
  "status --exit-code exits with 1 for a warning and 2 for a critical status",
  onEmptyDatabase(async (sql) => {
    const exitCode = async () => (await jobs(["status", "--exit-code"])).code;
    equal(await exitCode(), 1, "no run and no channel yet");
    await insertFailure(sql, OTHER_JOB);
    equal(await exitCode(), 2);
  }),
);

Deno.test(
  "a hosted project is reached by its address, and a read key is enough",
  onEmptyDatabase(async (sql) => {
    await insertHistory(sql, JOB, 3);
    const { jobsApiKey, readKey } = await keys();
    for (const command of [["runs", "--json"], ["alerts"]]) {
      for (const key of [jobsApiKey, readKey]) {
        const [local, remote] = await whileUnchanged(
          async () => succeeded(await jobs(command, LOCAL)),
          async () => succeeded(await jobs(command, hosted(key))),
        );
        // Who may not see customers gets the cause of a failure.
        equal(
          remote,
          key === readKey
            ? local.replaceAll("It broke.", "an error of the job")
            : local,
        );
      }
    }
  }),
);

Deno.test(
  "runs pages through the history: all of it, a part, one job, a status",
  onEmptyDatabase(async (sql) => {
    await insertHistory(sql, JOB, 230);
    await insertHistory(sql, OTHER_JOB, 30);
    const logged = async (condition: ReturnType<Database>) => {
      const rows = await sql<{ id: string }[]>`
        select id
        from public.jobs_log
        where ${condition}
        order by started_at desc, id desc
      `;
      return rows.map(({ id }) => id);
    };
    const listed = async (...args: string[]) => {
      const { data, meta } = await jobsJson("runs", ...args);
      equal(meta.count, data.length);
      return data.map(({ id }: { id: string }) => id);
    };
    const everything = await logged(sql`true`);
    equal(everything.length, 260);
    deepEqual(await listed("--all"), everything);
    deepEqual(await listed(), everything.slice(0, 20));
    deepEqual(await listed("--limit", "150"), everything.slice(0, 150));
    deepEqual(
      await listed(JOB, "--all"),
      await logged(sql`job_name = ${JOB}`),
    );
    deepEqual(
      await listed("--all", "--status", "failed"),
      await logged(sql`status = 'failed'`),
    );
    deepEqual(await listed("--since", "2h"), everything.slice(0, 119 + 30));

    const shown = succeeded(await jobs(["runs", OTHER_JOB]));
    match(shown, /^sync-students\nrun {7}started \(UTC\)/);
    match(shown, /\nOlder runs exist: use --limit/);
  }),
);

Deno.test(
  "a reader can close a long list early",
  onEmptyDatabase(async (sql) => {
    await insertHistory(sql, JOB, 3000);
    const { stdout, stderr } = await jobsPipedTo("head -1", ["runs", "--all"]);
    equal(stdout, `${JOB}\n`);
    equal(stderr, "");
  }),
);

Deno.test(
  "run shows all fields of a run, also by the beginning of its id",
  onEmptyDatabase(async (sql) => {
    const [{ id }] = await sql<{ id: string }[]>`
      insert into public.jobs_log (
        job_name, started_at, status, error_message, items_total,
        items_processed, errors, metadata
      )
      values (
        ${OTHER_JOB}, now() - interval '3 hours', 'failed',
        ${"first line\nsecond line"}, 3, 2,
        ${sql.json([{ id: "7", name: "Rive Gauche", error: "no bank" }])},
        ${sql.json({ attempts: 4 })}
      )
      returning id
    `;
    for (const name of [id, id.slice(0, 8)]) {
      const shown = succeeded(await jobs(["run", name]));
      match(shown, new RegExp(`^run +${id}\njob +sync-students\n`));
      match(shown, /^started +20.* UTC \(3 h ago\)$/m);
      match(shown, /^error +first line\n +second line$/m);
      match(shown, /^items +2 of 3 processed, 1 failed$/m);
      match(shown, /^Failed items\nRive Gauche \(7\): no bank$/m);
      match(shown, /^Metadata\n\{\n {2}"attempts": 4\n\}$/m);
    }
    deepEqual(
      await jobsJson("run", id),
      await answerOf("job-logs", `?id=${id}`),
    );
  }),
);

Deno.test(
  "alerts shows pending and given-up deliveries",
  onEmptyDatabase(async (sql) => {
    await sql`
      insert into jobs.alert_channels (name, kinds, announced_at)
      values ('slack', '{run_failed}', now()), ('email', '{run_failed}', now())
    `;
    await insertFailure(sql, JOB);
    await sql`
      update jobs.alert_deliveries
      set
        status = 'given_up',
        last_error = '404 no_service',
        finished_at = now()
      where channel = 'slack'
    `;
    const shown = succeeded(await jobs(["alerts"]));
    match(shown, /^email +off +1 +(now|\d+ (s|min) ago) +0 /m);
    match(shown, /^slack +off +0 +1 +404 no_service$/m);

    const { channels } = await jobsJson("alerts");
    deepEqual(
      channels,
      (await answerOf("check-job-health", "?dryRun=true")).channels,
    );
  }),
);

Deno.test(
  "trigger runs the job, waits for its end and shows it",
  unsupervised(async (sql) => {
    await insertInstallments(sql, await insertAgency(sql), { count: 3 });
    const shown = succeeded(await jobs(["trigger", JOB]));
    match(shown, /^trigger +manual$/m);
    match(shown, /^status +success$/m);
    match(shown, /^records updated +3$/m);
    match(shown, /^[0-9a-f-]{36} +3 {2}pending_to_overdue 3$/m);

    const { data: [run] } = await jobsJson("trigger", JOB);
    equal(run.status, "success");
    equal(run.recordsUpdated, 0);
  }),
);

Deno.test(
  "trigger exits with 1 when the run failed, and says why",
  unsupervised(async (sql) => {
    await insertInstallments(sql, await insertAgency(sql));
    const { code, stdout } = await withTriggerOnInstallments(
      sql,
      { level: "row", body: "raise exception 'not today';" },
      () => jobs(["trigger", JOB]),
    );
    equal(code, 1);
    match(stdout, /^status +failed$/m);
    match(stdout, /^Failed items\n.*not today/m);
  }),
);

Deno.test(
  "a running job is shown as running and not triggered again",
  unsupervised(async (sql) => {
    await insertInstallments(sql, await insertAgency(sql));
    await withGateOnInstallments(sql, async (gate) => {
      await using first = startJobs(["trigger", JOB]);
      await gate.waiting();
      const { data: [running] } = await jobsJson("runs", "--status", "running");
      equal(
        problemOf(await jobs(["trigger", JOB])).split("\n").at(-1),
        `${JOB} is already running: run ${running.id} holds it.`,
      );
      await gate.open();
      equal(await first.ended, 0);
      match(first.output(), new RegExp(`^run +${running.id}\n`));
    });
  }),
);

Deno.test(
  "a key is on no command line and in no output, however it is passed",
  unsupervised(async (sql) => {
    const { jobsApiKey, readKey } = await keys();
    const keyFile = await Deno.makeTempFile();
    await Deno.writeTextFile(keyFile, `${jobsApiKey}\n`, { mode: 0o600 });
    try {
      const ways: readonly (readonly [string[], Record<string, string>])[] = [
        [[], LOCAL],
        [[], hosted(jobsApiKey)],
        [["--key-file", keyFile], { ...hosted(""), DUEWATCH_KEY: "" }],
      ];
      for (const [options, env] of ways) {
        await emptyDatabase(sql);
        await insertInstallments(sql, await insertAgency(sql));
        await withGateOnInstallments(sql, async (gate) => {
          const ended = jobs(["trigger", JOB, ...options], env);
          await gate.waiting();
          const lines = await commandLines();
          notEqual(
            lines.find((line) => line.includes("jobs/main.ts")),
            undefined,
          );
          equal(lines.find((line) => line.includes(jobsApiKey)), undefined);
          await gate.open();
          const { code, stdout, stderr } = await ended;
          equal(code, 0, stderr);
          equal((stdout + stderr).includes(jobsApiKey), false);
        });
      }
      const refused = problemOf(
        await jobs(["trigger", JOB], hosted(readKey)),
      );
      match(
        refused,
        /refused the key from DUEWATCH_KEY: .* takes a job key\.$/,
      );
      equal(refused.includes(readKey), false);
    } finally {
      await Deno.remove(keyFile);
    }
  }),
);

Deno.test(
  "watch prints a line for each change and exits with 0 on SIGINT",
  unsupervised(async (sql) => {
    await using watch = startJobs(["watch", "--interval", "1"]);
    await watch.printed(/ {2}update-installment-statuses {2}warning {2}/);
    await insertFailure(sql, JOB, "It broke.");
    await watch.printed(/ {2}failed {2}run [0-9a-f]{8} after 0 ms: It broke\./);
    await watch.printed(/ {2}update-installment-statuses {2}critical {2}/);
    watch.signal("SIGINT");
    equal(await watch.ended, 0);
    for (const line of watch.output().trimEnd().split("\n")) {
      match(line, /^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d UTC {2}\S/);
    }
  }),
);

Deno.test(
  "on a terminal watch draws in place until Ctrl-C and restores the screen",
  unsupervised(async (sql) => {
    await insertInstallments(sql, await insertAgency(sql));
    // A job that never ran would take the place of what is running.
    for (const job of JOBS) await insertHistory(sql, job, 1);
    await withGateOnInstallments(sql, async (gate) => {
      const run = jobs(["trigger", JOB]);
      await gate.waiting();
      await using watch = startJobsOnTerminal(["watch", "--interval", "1"]);
      await watch.printed(/Running now[^]*running[^]*Running now/);
      await watch.type("\x03");
      equal(await watch.ended, 0);
      const screen = watch.output();
      equal(screen.startsWith("\x1b[?1049h"), true, screen);
      equal(screen.endsWith("\x1b[?25h\x1b[?1049l"), true, screen);
      await gate.open();
      succeeded(await run);
    });
  }),
);

const GUIDE = new URL("../../docs/how-to/operate-jobs.md", import.meta.url);

Deno.test(
  "every command of the guide works as described",
  onEmptyDatabase(async (sql) => {
    await insertHistory(sql, JOB, 3);
    const [{ id }] = await sql`select id from public.jobs_log limit 1`;
    await sql`select jobs.announce_channels('[{"name": "slack", "kinds": []}]')`;
    const commands = (await Deno.readTextFile(GUIDE))
      .matchAll(/^npm run (?:-s )?jobs -- (.*)/gm)
      .map(([, line]) => line.split(/ >>? /)[0].matchAll(/"([^"]*)"|\S+/g))
      .map((words) => [...words.map(([word, quoted]) => quoted ?? word)]);
    const tried = new Set<string>();
    for (const command of commands) {
      tried.add(command[0]);
      const subject = command[0] === "cancel" ? await startRun(sql) : id;
      const args = command.map((word) =>
        word.replace("<id>", subject.slice(0, 8))
      );
      if (args[0] === "watch") {
        await using watch = startJobs(args);
        await watch.printed(/ UTC {2}update-installment-statuses {2}/);
        watch.signal("SIGINT");
        equal(await watch.ended, 0);
      } else {
        const { code, stdout, stderr } = await jobs(args);
        const expected = args.includes("--exit-code")
          ? [0, 1, 2]
          // This stack has no channel that a test could reach people on.
          : args[0] === "test-alert"
          ? [1]
          : [0];
        equal(expected.includes(code), true, `${args}: ${stderr}`);
        notEqual(stdout, "");
      }
    }
    deepEqual(
      [...tried].toSorted(),
      [
        "alerts",
        "cancel",
        "pause",
        "reschedule",
        "restore-schedule",
        "resume",
        "retry-alerts",
        "run",
        "runs",
        "snooze",
        "status",
        "test-alert",
        "trigger",
        "unsnooze",
        "watch",
      ],
    );
  }),
);

Deno.test(
  "an unknown job, run or address is reported in a sentence",
  onEmptyDatabase(async () => {
    const { readKey } = await keys();
    const refusals: readonly (readonly [string[], RegExp])[] = [
      [["runs", "no-such-job"], /^There is no job no-such-job: /],
      [["run", crypto.randomUUID()], /^There is no run [0-9a-f-]{36}\.$/],
      [["run", "0123abcd"], /^None of the newest 1000 runs begins with /],
      [
        ["trigger", "no-such-job"],
        new RegExp(`The jobs are: ${JOBS.join(", ")}\\.$`),
      ],
      [["trigger", "job-logs"], /There is no job job-logs, /],
    ];
    for (const [args, sentence] of refusals) {
      match(problemOf(await jobs(args)), sentence);
    }
    const wrongKey = hosted(`${readKey}x`);
    match(problemOf(await jobs(["status"], wrongKey)), /refused the key from/);
    const wrongAddress = { ...wrongKey, DUEWATCH_URL: `${urls.apiUrl}/x` };
    match(
      problemOf(await jobs(["status"], wrongAddress)),
      /has no function check-job-health: is this the address of a project/,
    );
  }),
);

async function startRun(sql: Database): Promise<string> {
  const [{ run }] = await sql`select public.start_job_run(${JOB}) as run`;
  return run.run_id;
}
