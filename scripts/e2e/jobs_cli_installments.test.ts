import {
  deepEqual,
  doesNotMatch,
  equal,
  match,
  notEqual,
} from "node:assert/strict";
import type { CommandResult } from "../stack/command.ts";
import {
  type Agency,
  insertAgency,
  insertInstallments,
} from "./support/arrange.ts";
import {
  type Database,
  emptyDatabase,
  withDatabase,
} from "./support/database.ts";
import {
  hosted,
  jobs,
  jobsJson,
  LOCAL,
  startJobsOnTerminal,
} from "./support/jobs_cli.ts";
import { readPage } from "./support/pages.ts";
import { keys, urls } from "./support/stack.ts";
import { withoutSupervisor } from "./support/supervisor.ts";

interface Project {
  readonly agency: Agency;
  /** Three installments that are overdue, the third one in Kiritimati alone. */
  readonly ids: readonly string[];
  /** The run that has marked them. */
  readonly runId: string;
}

/** An agency that was in the wrong zone when a run marked. */
function withWrongZone(
  work: (sql: Database, project: Project) => Promise<void>,
): () => Promise<void> {
  return () =>
    withDatabase((sql) =>
      withoutSupervisor(sql, async () => {
        await emptyDatabase(sql);
        const agency = await insertAgency(sql, {
          name: "Harbour\x1b[2J Gate \u202e",
        });
        const ids = [
          ...await insertInstallments(sql, agency, { count: 2 }),
          ...await insertInstallments(sql, agency, { dueDaysAgo: -1 }),
        ];
        // A day ahead, as a zone that is set wrongly makes it.
        await sql`
          select public.update_installment_statuses(now() + interval '2 days')
        `;
        const [{ runId }] = await sql<{ runId: string }[]>`
          select id as "runId" from public.jobs_log
        `;
        try {
          await work(sql, { agency, ids, runId });
        } finally {
          await emptyDatabase(sql);
        }
      })
    );
}

function succeeded({ code, stdout, stderr }: CommandResult): string {
  equal(code, 0, stderr);
  // deno-lint-ignore no-control-regex -- that is what must not be there
  doesNotMatch(stdout, /[\x00-\x09\x0b-\x1f\u202e]/);
  return stdout;
}

function problemOf({ code, stdout, stderr }: CommandResult): string {
  equal(code, 2, stderr);
  equal(stdout, "");
  doesNotMatch(stderr, /^\s+at /m);
  return stderr.trimEnd();
}

async function statusesOf(sql: Database): Promise<string[]> {
  const rows = await sql`
    select status from public.installments order by status
  `;
  return rows.map(({ status }) => status);
}

Deno.test(
  "explain and history say why, locally and on a hosted project",
  withWrongZone(async (_, { ids: [overdue, , wrong], runId }) => {
    const { secretKey } = await keys();
    for (const env of [LOCAL, hosted(secretKey)]) {
      const shown = succeeded(await jobs(["explain", overdue], env));
      match(shown, /^Overdue since /);
      match(shown, /^verdict +overdue$/m);
      match(shown, /^agency +Harbour \[2J Gate$/m);
      match(shown, new RegExp(`by run ${runId.slice(0, 8)}$`, "m"));
      match(
        succeeded(await jobs(["explain", wrong], env)),
        /^verdict +correctable$/m,
      );
      const history = succeeded(await jobs(["history", overdue], env));
      match(history, /^changed \(UTC\) +from +to +reason +run /);
      match(history, / pending +overdue +cutoff_passed /);
    }
    const explained = await jobsJson(
      "explain",
      overdue,
      "--as-of",
      "2001-01-01T00:00:00Z",
    );
    equal(explained.installmentId, overdue);
    equal(explained.asOf, "2001-01-01T00:00:00+00:00");
    const [change, ...others] = await jobsJson("history", overdue);
    deepEqual([change.run_id, others], [runId, []]);
    match(
      succeeded(await jobs(["history", crypto.randomUUID()])),
      /^Duewatch has not changed the status of /,
    );
  }),
);

Deno.test(
  "preview says what a run would mark, also with other settings",
  withWrongZone(async (sql, { agency }) => {
    match(
      succeeded(await jobs(["preview"])),
      /^A run at .* would mark nothing\.$/m,
    );
    await insertInstallments(sql, agency, { count: 4 });
    const args = ["preview", "--agency", agency.id];
    const shown = succeeded(await jobs(args));
    match(shown, /^A run at .* would mark 4 installments overdue\.$/m);
    match(shown, /^Harbour \[2J Gate +4 +400\.00 /m);
    const tried = await jobsJson(
      ...args,
      "--grace",
      "30",
      "--timezone",
      "Asia/Tokyo",
      "--cutoff",
      "12:00",
    );
    equal(tried.installments, 0);
    deepEqual(await statusesOf(sql), [
      ...Array(3).fill("overdue"),
      ...Array(4).fill("pending"),
    ]);
  }),
);

Deno.test(
  "correct shows a dry run, asks on a terminal, and corrects",
  withWrongZone(async (sql, { agency }) => {
    const args = ["correct", "--agency", agency.id];
    const dryRun = await jobsJson(...args);
    deepEqual([dryRun.dryRun, dryRun.corrected], [true, 1]);

    const piped = await jobs(args);
    equal(piped.code, 2);
    match(piped.stdout, /^1 installment would be set back to pending\.$/m);
    match(piped.stderr, /^Nothing was changed: there is no terminal /m);

    for (const [answer, status] of [["n", "overdue"], ["y", "pending"]]) {
      await using command = startJobsOnTerminal(args);
      await command.printed(/Set this installment back to pending\?/);
      await command.type(`${answer}\n`);
      equal(await command.ended, 0);
      equal((await statusesOf(sql))[2], status);
    }
    const [{ job_name, records_updated, requested_by }] = await sql`
      select job_name, records_updated, metadata ->> 'requested_by' as requested_by
      from public.jobs_log
      order by started_at desc
      limit 1
    `;
    deepEqual([job_name, records_updated, requested_by], [
      "correct-overdue-installments",
      1,
      "service_role",
    ]);
    match(succeeded(await jobs([...args, "--yes"])), /^Nothing is to be /);
  }),
);

Deno.test(
  "correct of a run corrects what that run has marked, without a question",
  withWrongZone(async (sql, { runId }) => {
    const result = await jobsJson("correct", "--run", runId, "--yes");
    deepEqual([result.corrected, result.remaining], [1, 0]);
    equal(result.runIds.length, 1);
    deepEqual(await statusesOf(sql), ["overdue", "overdue", "pending"]);
    match(
      problemOf(await jobs(["correct", "--run", crypto.randomUUID()])),
      /^There is no run [0-9a-f-]{36}\.$/,
    );
  }),
);

Deno.test(
  "what cannot be done is said in a sentence",
  withWrongZone(async (_, { ids: [id] }) => {
    const { jobsApiKey, readKey, secretKey, publishableKey } = await keys();
    for (const key of [jobsApiKey, readKey, publishableKey]) {
      const problem = problemOf(await jobs(["explain", id], hosted(key)));
      match(problem, /^DUEWATCH_KEY holds no secret key: /);
      equal(problem.includes(key), false);
    }
    const refusals: readonly (readonly [string[], RegExp])[] = [
      [["explain", crypto.randomUUID()], /^There is no installment /],
      [["explain", "0123abcd"], /It must be the id of an installment/],
      [["explain", id, "--as-of", "soon"], /It must be a day such as /],
      [["preview", "--cutoff", "24:00"], /It must be a time such as 17:00/],
      [["preview", "--grace", "61"], /a whole number from 0 to 60/],
      [
        ["preview", "--timezone", "Perth"],
        /^"Perth" is not the name of a time zone\. Use an IANA name /,
      ],
      [
        ["correct", "--agency", crypto.randomUUID()],
        /^There is no agency [0-9a-f-]{36}\.$/,
      ],
    ];
    for (const [args, sentence] of refusals) {
      match(problemOf(await jobs(args)), sentence);
    }
    match(
      problemOf(await jobs(["preview"], hosted(`${secretKey}x`))),
      /refused the key from DUEWATCH_KEY/,
    );
    const wrongAddress = {
      ...hosted(secretKey),
      DUEWATCH_URL: `${urls.apiUrl}/x`,
    };
    match(
      problemOf(await jobs(["preview"], wrongAddress)),
      /preview_overdue at .* answered 404/,
    );
  }),
);

Deno.test(
  "every command of the guide works as described",
  withWrongZone(async (_, { agency, ids: [id], runId }) => {
    const { blocks } = await readPage("docs/how-to/look-into-installments.md");
    const tried = new Set<string>();
    const folder = await Deno.makeTempDir();
    try {
      const keyFile = `${folder}/key`;
      await Deno.writeTextFile(keyFile, (await keys()).secretKey);
      const commands = blocks
        .flatMap(({ code }) => [...code.matchAll(/^npm run jobs -- (.*)/gm)])
        .map(([, line]) => line.split(" "));
      for (const command of commands) {
        tried.add(command[0]);
        const args = command.map((word) =>
          word.replace("<installment>", id)
            .replace("<agency>", agency.id)
            .replace("<run>", runId)
            .replace("~/.duewatch-secret-key", keyFile)
        );
        const asks = args[0] === "correct" && !args.includes("--yes");
        const { code, stdout, stderr } = await jobs(args);
        equal(code, asks ? 2 : 0, `${args}: ${stderr}`);
        notEqual(stdout, "");
      }
    } finally {
      await Deno.remove(folder, { recursive: true });
    }
    deepEqual([...tried].toSorted(), [
      "correct",
      "explain",
      "history",
      "preview",
    ]);
  }),
);
