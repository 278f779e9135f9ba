// Executes the page about the schedule as it is written.
import { deepEqual, equal, ok } from "node:assert/strict";
import { waitFor } from "../stack/wait.ts";
import {
  type Database,
  emptyDatabase,
  withDatabase,
} from "./support/database.ts";
import { jobs } from "./support/jobs_cli.ts";
import { readPage } from "./support/pages.ts";

const JOB = "update-installment-statuses";
const page = await readPage("docs/how-to/manage-the-schedule.md");

async function scheduleOf(sql: Database) {
  const [row] = await sql`
    select
      definition.schedule,
      definition.expected_interval::text as within,
      entry.schedule = definition.schedule as is_same,
      entry.active
    from jobs.definitions as definition
    join cron.job as entry on entry.jobname = definition.cron_job_name
    where definition.job_name = ${JOB}
  `;
  return { ...row };
}

const DAILY = {
  schedule: "0 7 * * *",
  within: "25:00:00",
  is_same: true,
  active: true,
};

Deno.test("every command of the page about the schedule works, and leaves it as it was", () =>
  withDatabase(async (sql) => {
    await emptyDatabase(sql);
    deepEqual(await scheduleOf(sql), DAILY);
    const seen: string[] = [];
    let ticks = 0;
    try {
      for (const { language, code } of page.blocks) {
        if (language === "sh") {
          const words = [...code.trim().matchAll(/"([^"]*)"|\S+/g)]
            .map(([word, quoted]) => quoted ?? word);
          deepEqual(words.slice(0, 4), ["npm", "run", "jobs", "--"]);
          const { code: exit, stderr } = await jobs(words.slice(4));
          equal(exit, 0, stderr);
        } else if (
          code.includes("from cron.job_run_details") &&
          code.includes("try-a-schedule")
        ) {
          const rows = await waitFor(async () => {
            const found = await sql.unsafe(code);
            return found.length > 0 ? found : undefined;
          }, 90_000);
          ticks = rows?.length ?? 0;
        } else {
          await sql.unsafe(code).simple();
        }
        const { schedule, is_same } = await scheduleOf(sql);
        equal(is_same, true, code);
        if (schedule !== seen.at(-1)) seen.push(schedule);
      }
    } finally {
      await sql`
        select cron.unschedule(jobid) from cron.job where jobname = 'try-a-schedule'
      `;
      await sql`
        select jobs.reschedule(${JOB}, '0 7 * * *', expected_interval => '25 hours')
      `;
    }
    ok(ticks > 0, "The entry that was tried has ticked.");
    deepEqual(seen, [
      "0 7 * * *",
      "0 * * * *",
      "0 7 * * *",
      "* * * * *",
      "0 7 * * *",
    ]);
    deepEqual(await scheduleOf(sql), DAILY);
    const left = await sql`
      select 1 from cron.job where jobname = 'try-a-schedule'
    `;
    equal(left.length, 0);
    await emptyDatabase(sql);
  }));

Deno.test("the page names each entry as pg_cron has it", () =>
  withDatabase(async (sql) => {
    const entries = await sql<{ jobname: string; schedule: string }[]>`
      select jobname, schedule from cron.job order by jobname
    `;
    const text = await Deno.readTextFile(
      new URL("../../docs/how-to/manage-the-schedule.md", import.meta.url),
    );
    const listed = [
      ...text.matchAll(/^\| `([a-z-]+)`\s*\| `([^`]+)`\s*\|/gm),
    ].map(([, jobname, schedule]) => ({ jobname, schedule }));
    deepEqual(
      listed.toSorted((a, b) => a.jobname < b.jobname ? -1 : 1),
      entries.map(({ jobname, schedule }) => ({ jobname, schedule })),
    );
  }));
