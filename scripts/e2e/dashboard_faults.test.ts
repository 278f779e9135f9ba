// Faults as they happen in life. Somebody who opens the page finds each in its
// first sentence, and what repairs it there: a button, or a command that is run
// here as it is shown.
import { equal, match } from "node:assert/strict";
import type { Locator, Page } from "playwright-core";
import { startAlertServices } from "../stand_ins/alert_services.ts";
import { always } from "../stand_ins/scenario.ts";
import { slackRefusals } from "../stand_ins/slack.ts";
import { withBrowser } from "./dashboard/browser.ts";
import { runBlock } from "./dashboard/commands.ts";
import { withDashboard } from "./dashboard/served.ts";
import { insertAgency, insertInstallments } from "./support/arrange.ts";
import {
  type Database,
  emptyDatabase,
  withDatabase,
} from "./support/database.ts";
import {
  endFunction,
  withFunctionSecrets,
} from "./support/function_secrets.ts";
import { callJob } from "./support/functions.ts";
import { withTriggerOnInstallments } from "./support/trigger.ts";
import { withVaultSettings } from "./support/vault_settings.ts";

const JOB = "update-installment-statuses";
const ENTRY = `${JOB}-daily`;
const BROKEN = { FUNCTION_WALL_CLOCK_SECONDS: "soon" };

interface Scene {
  readonly sql: Database;
  readonly page: Page;
}

/** Makes a fault, looks at the page as a stranger, and repairs it. */
type Story = (scene: Scene) => Promise<void>;

/** The heading of the page, once it says this. */
async function says(page: Page, words: RegExp): Promise<void> {
  await page.reload();
  const heading = page.getByRole("heading", { level: 1 });
  await heading.waitFor();
  match((await heading.innerText()).trim(), words);
  const isWider = await page.evaluate(
    "document.documentElement.scrollWidth > innerWidth",
  );
  equal(isWider, false, "The page is wider than the phone.");
}

/** That the page has been read again, and its heading says this no more. */
async function saysNoMore(page: Page, words: RegExp): Promise<void> {
  await page.reload();
  await page.getByRole("heading", { name: "Jobs", exact: true }).waitFor();
  equal(
    await page.getByRole("heading", { level: 1, name: words }).count(),
    0,
    await page.getByRole("heading", { level: 1 }).innerText(),
  );
}

const first = (page: Page): Locator =>
  page.locator(".problems > .problem").first();

/** The blocks to copy that are to be seen without a click. */
async function blocks(within: Locator): Promise<string[]> {
  return await within.locator(".command pre:visible").allInnerTexts();
}

async function press(
  page: Page,
  within: Locator,
  button: string,
  reason?: string,
): Promise<void> {
  await within.getByRole("button", { name: new RegExp(`^${button}`) }).first()
    .click();
  const dialog = page.getByRole("dialog");
  if (reason) await dialog.getByLabel("Reason").fill(reason);
  await dialog.getByRole("button", { name: button }).click();
  await dialog.getByRole("heading", { name: "Done" }).waitFor();
  await dialog.getByRole("button", { name: "Close" }).click();
}

async function dispatch(sql: Database): Promise<void> {
  await sql`select jobs.dispatch(${JOB}, 'cron')`;
}

/** A fault of which every run fails: its command is run, and then the job. */
const failing = (
  words: RegExp,
  command: string,
  make: (sql: Database, work: () => Promise<void>) => Promise<void>,
): Story =>
({ sql, page }) =>
  make(sql, async () => {
    await dispatch(sql);
    await says(page, words);
    const [block] = await blocks(first(page));
    equal(block, command);
    await runBlock(block);
    await press(page, page.getByRole("article", { name: JOB }), "Run now");
    await saysNoMore(page, words);
  });

const settings =
  (values: Readonly<Record<string, string | null>>) =>
  (sql: Database, work: () => Promise<void>) =>
    withVaultSettings(sql, values, work);

/** A fault of pg_cron's entry, which a button repairs. */
const entry =
  (words: RegExp, fault: string): Story => async ({ sql, page }) => {
    await sql.unsafe(fault);
    await says(page, words);
    await press(page, first(page), "Restore the schedule");
    await saysNoMore(page, words);
  };

const alter = (change: string) =>
  `select cron.alter_job(jobid, ${change}) from cron.job where jobname = '${ENTRY}'`;

const STORIES: readonly [fault: string, story: Story][] = [
  [
    "a wrong key in Vault",
    failing(
      /^update-installment-statuses fails\. The function answered 401: it does not accept the key\.$/,
      "npm start",
      settings({ jobs_api_key: "job_that_nobody_knows" }),
    ),
  ],
  [
    "no key in Vault",
    failing(
      /^No job can start: the setting jobs_api_key is missing\.$/,
      "npm start",
      settings({ jobs_api_key: null }),
    ),
  ],
  [
    "the address of another project",
    failing(
      /^update-installment-statuses fails\. The function could not be called/,
      "npm start",
      settings({ functions_url: "http://127.0.0.1:9/functions/v1" }),
    ),
  ],
  ["another key in the functions", async ({ sql, page }) => {
    await withFunctionSecrets(
      JOB,
      { JOBS_API_KEY: "job_of_the_functions_alone" },
      async () => {
        await dispatch(sql);
        const words = /fails\. The function answered 401/;
        await says(page, words);
        const [, block] = await blocks(first(page));
        match(block, /^sed -i.*JOBS_API_KEY/);
        await runBlock(block, { slugs: [JOB] });
        await press(page, first(page), "Run now");
        await saysNoMore(page, words);
      },
    );
  }],
  ["a function that does not start", async ({ sql, page }) => {
    const words = /fails\. The function answered 503/;
    await withFunctionSecrets(JOB, BROKEN, async () => {
      await dispatch(sql);
      await says(page, words);
      equal((await blocks(first(page)))[1], "npm run stop\nnpm start");
    });
    await press(page, first(page), "Run now");
    await saysNoMore(page, words);
  }],
  ["the health check that does not start", async ({ page }) => {
    const words = /^The function check-job-health does not start$/;
    await withFunctionSecrets(
      "check-job-health",
      { JOBS_API_KEY: "short" },
      async () => {
        await says(page, words);
        equal((await blocks(page.locator("main"))).length, 2);
      },
    );
    await page.getByRole("button", { name: "Try again" }).click();
    await page.getByRole("heading", { name: "Jobs", exact: true }).waitFor();
  }],
  [
    "a schedule that was removed",
    entry(
      /^update-installment-statuses: The pg_cron entry .* is missing, so nothing starts the job/,
      `select cron.unschedule('${ENTRY}')`,
    ),
  ],
  [
    "a schedule that was made inactive",
    entry(
      /The pg_cron entry .* is inactive, so nothing starts/,
      alter("active => false"),
    ),
  ],
  [
    "a schedule that was changed",
    entry(
      /^update-installment-statuses: .*0 9 \* \* \*/,
      alter("schedule => '0 9 * * *'"),
    ),
  ],
  [
    "a schedule that executes something else",
    entry(
      /does not start the job as registered/,
      alter("command => 'select 1'"),
    ),
  ],
  [
    "a run that is stuck, and a supervisor that does not end it",
    async ({ sql, page }) => {
      await sql`
      select cron.alter_job(jobid, active => false)
      from cron.job
      where jobname = 'job-supervisor'
    `;
      await sql`
      insert into public.jobs_log (job_name, started_at, status, trigger_source)
      values (${JOB}, now() - interval '12 minutes', 'running', 'cron')
    `;
      await says(
        page,
        /^The pg_cron entry job-supervisor is missing or inactive/,
      );
      const stuck = page.getByRole("listitem").filter({ hasText: "run_stuck" });
      await press(page, stuck, "Cancel the run", "It was killed");
      await press(page, first(page), "Restore the schedule");
      await saysNoMore(page, /job-supervisor|update-installment-statuses/);
    },
  ],
  ["a run that took long", async ({ sql, page }) => {
    await sql`delete from public.jobs_log where job_name = ${JOB}`;
    await sql`
      insert into public.jobs_log (job_name, started_at, completed_at, status)
      values (${JOB}, now() - interval '95 s', now(), 'success')
    `;
    const words = /The last run took 95\.0 seconds, longer than the 60 seconds/;
    await says(page, words);
    await callJob();
    await saysNoMore(page, words);
  }],
  ["an agency whose installments cannot be changed", async ({ sql, page }) => {
    const agency = await insertAgency(sql, { name: "Left behind" });
    await insertInstallments(sql, agency);
    for (const name of ["A", "B", "C", "D"]) await insertAgency(sql, { name });
    const words = /^Left behind is left out of update-installment-statuses\.$/;
    const body = "raise exception 'The ledger is closed';";
    await withTriggerOnInstallments(sql, { level: "row", body }, async () => {
      for (const _ of [1, 2]) await dispatch(sql);
      await says(page, words);
      await first(page).getByText("The ledger is closed").waitFor();
    });
    await press(page, first(page), "Run now");
    await saysNoMore(page, words);
  }],
  ["a zone that is valid and wrong", async ({ sql, page }) => {
    const agency = await insertAgency(sql, {
      name: "Far away",
      timezone: "Australia/Brisbane",
    });
    await insertInstallments(sql, agency);
    await callJob();
    await sql`update public.agencies set timezone = 'America/New_York' where id = ${agency.id}`;
    const question = page.getByRole("region", { name: "Is that right?" });
    await page.reload();
    await question.getByText("Before: Australia/Brisbane, cut-off 17:00")
      .waitFor();
    const [block] = await blocks(question);
    await page.goto(`${new URL(page.url()).origin}/#/agencies/${agency.id}`);
    await page.getByText("Before: Australia/Brisbane, cut-off 17:00").waitFor();
    equal((await blocks(page.locator("main")))[0], block);
    await sql.unsafe(block);
    await page.goto(`${new URL(page.url()).origin}/#/`);
    await page.reload();
    await page.getByRole("heading", { name: "Jobs", exact: true }).waitFor();
    await page.locator("main[aria-busy=false]").waitFor();
    equal(await question.count(), 0);
  }],
  ["a due check that fails", async ({ sql, page }) => {
    const [{ due_check: before }] = await sql`
      select due_check from jobs.definitions where job_name = ${JOB}
    `;
    await sql`
      update jobs.definitions set due_check = 'public.no_such_check' where job_name = ${JOB}
    `;
    try {
      await sql`select jobs.ask_due_check(${JOB})`;
      const words = /^update-installment-statuses: .*due check/i;
      await says(page, words);
      const [block] = await blocks(first(page));
      await sql.unsafe(block);
      await saysNoMore(page, words);
    } finally {
      await sql`
        update jobs.definitions set due_check = ${before} where job_name = ${JOB}
      `;
    }
  }],
  ["a supervisor that has given up", async ({ sql, page }) => {
    await sql`
      insert into public.jobs_log (job_name, started_at, completed_at, status, error_message)
      select ${JOB}, now(), now(), 'failed', 'It broke.'
      from generate_series(1, 30)
    `;
    await setCatchUp(sql, true);
    try {
      await says(page, /^update-installment-statuses fails\. It broke\.$/);
      await page.getByText("catch_up_given_up").waitFor();
      await press(page, first(page), "Run now");
      await saysNoMore(page, /fails|given up/);
    } finally {
      await setCatchUp(sql, false);
    }
  }],
  ["a job that was paused and forgotten", async ({ sql, page }) => {
    await sql`
      update jobs.definitions
      set created_at = now() - interval '90 days'
      where job_name = ${JOB}
    `;
    await sql`
      select jobs.pause(${JOB}, 'The bank moves', null, 'ada@school.example', now() - interval '26 days')
    `;
    const words =
      /^update-installment-statuses: It was paused 26 d ago by ada@school\.example .*The bank moves/;
    await says(page, words);
    await press(page, first(page), "Resume");
    await saysNoMore(page, words);
  }],
  ["a job that was snoozed and fails", async ({ sql, page }) => {
    await sql`
      select jobs.snooze(${JOB}, now() + interval '20 days', 'I know', 'ada@school.example')
    `;
    await sql`
      insert into public.jobs_log (job_name, started_at, completed_at, status, error_message)
      values (${JOB}, now(), now(), 'failed', 'It broke.')
    `;
    await says(page, /fails\. It broke\.$/);
    await first(page).getByText(/Nobody is alerted until .* snoozed by/)
      .waitFor();
    await press(page, first(page), "End the snooze");
    await page.reload();
    await first(page).getByRole("button", { name: /^Snooze/ }).waitFor();
    equal(await page.getByText("Nobody is alerted until").count(), 0);
    await press(page, first(page), "Run now");
    await saysNoMore(page, /fails/);
  }],
  ["no channel at all", async ({ page }) => {
    await using services = await startAlertServices();
    const words = /^No alert channel is set up\.$/;
    await withFunctionSecrets("check-job-health", {}, async () => {
      await says(page, words);
      const [block] = await blocks(first(page));
      await runBlock(block, {
        typed: services.slack.webhookUrl,
        slugs: ["check-job-health", "job-control"],
      });
      await press(page, first(page), "Test the alerts");
      await services.slack.calls.first(({ delivered }) => delivered);
      await saysNoMore(page, words);
    });
    await endFunction("job-control");
  }],
  ["a channel that is dead", async ({ sql, page }) => {
    await using services = await startAlertServices();
    services.slack.follow(always(slackRefusals.noService));
    const words =
      /given up for slack in the last 24 hours\. The last error: Slack answered 404/;
    await withFunctionSecrets(
      "check-job-health",
      { SLACK_WEBHOOK_URL: services.slack.webhookUrl },
      async () => {
        await sql`
          insert into public.jobs_log (job_name, started_at, completed_at, status)
          values (${JOB}, now() - interval '2 s', now(), 'failed')
        `;
        await callJob();
        await sql`select jobs.check_health()`;
        await says(page, words);
        const [block] = await blocks(first(page));
        match(block, /^read -rs VALUE\n/);
        await using renewed = await startAlertServices();
        await runBlock(block, {
          typed: renewed.slack.webhookUrl,
          slugs: ["check-job-health"],
        });
        await press(page, first(page), "Send again");
        await sql`select jobs.check_health()`;
        await renewed.slack.calls.first(({ delivered }) => delivered);
        await saysNoMore(page, words);
      },
    );
  }],
];

Deno.test("each fault is found in the page's first sentence and repaired from the page", async (test) => {
  await withDatabase((sql) =>
    withBrowser((browser) =>
      withDashboard(async (dashboard) => {
        const { page, context } = await dashboard.visit(browser, "", {
          viewport: { width: 390, height: 844 },
        });
        await setCatchUp(sql, false);
        try {
          for (const [fault, story] of STORIES) {
            await test.step(fault, async () => {
              await emptyDatabase(sql);
              await sql`select jobs.restore_schedule()`;
              await callJob();
              await page.goto(`${dashboard.origin}/#/`);
              await story({ sql, page });
            });
          }
        } finally {
          await setCatchUp(sql, true);
          await sql`select jobs.restore_schedule()`;
          await emptyDatabase(sql);
          await context.close();
        }
      })
    )
  );
});

// The supervisor would repair some of them before anybody has looked.
async function setCatchUp(sql: Database, catchUp: boolean): Promise<void> {
  await sql`
    update jobs.definitions
    set catch_up = ${catchUp}
    where job_name = ${JOB}
  `;
}
