// The dashboard in a browser, against the real stack. With DASHBOARD_PICTURES
// set, the pictures in docs/dashboard are made again.
import { deepEqual, equal, match, ok } from "node:assert/strict";
import { waitFor } from "../stack/wait.ts";
import { startAlertServices } from "../stand_ins/alert_services.ts";
import { assertAccessible, visit, withBrowser } from "./dashboard/browser.ts";
import { picturesOf } from "./dashboard/pictures.ts";
import {
  CRM_JOB,
  MAIN_JOB,
  makeScene,
  removeScene,
} from "./dashboard/scene.ts";
import { withDashboard } from "./dashboard/served.ts";
import { type Database, withDatabase } from "./support/database.ts";
import { withFunctionSecrets } from "./support/function_secrets.ts";
import { urls } from "./support/stack.ts";

const HOSTILE_NAME = `<img src=x onerror=alert(1)>\u202e${"long".repeat(70)}`;

// Runs in the page. Trusted Types refuse the script before the policy is asked.
const BREAK_THE_POLICY = `(async () => {
  const script = document.createElement("script");
  try {
    script.textContent = "globalThis.isRun = true";
    document.body.append(script);
  } catch {}
  const sent = await fetch("http://localhost:9/").then(() => "sent", () => "refused");
  return { isRun: "isRun" in globalThis, sent, cookies: document.cookie };
})()`;

const installments = (count: number) =>
  count === 1 ? "1 installment" : `${count.toLocaleString("en")} installments`;

async function insertHostileRun(sql: Database): Promise<string> {
  const errors = [{
    id: HOSTILE_NAME,
    name: HOSTILE_NAME,
    error: "</script><script>alert(1)</script>",
  }];
  const [{ id }] = await sql<{ id: string }[]>`
    insert into public.jobs_log (job_name, started_at, completed_at, status, error_message, items_total, items_processed, errors)
    values (${HOSTILE_NAME}, now(), now(), 'failed', ${HOSTILE_NAME}, 3, 3, ${
    sql.json(errors)
  })
    returning id
  `;
  return id;
}

async function insertHostileAgency(
  sql: Database,
): Promise<{ agency: string; installment: string }> {
  const [row] = await sql<{ agency: string; installment: string }[]>`
    with agency as (
      insert into public.agencies (name, timezone)
      values (${HOSTILE_NAME}, 'Australia/Brisbane')
      returning id
    ), plan as (
      insert into public.payment_plans (agency_id, status, student_name, course_name)
      select id, 'active', ${HOSTILE_NAME}, ${HOSTILE_NAME}
      from agency
      returning id, agency_id
    )
    insert into public.installments (payment_plan_id, amount, student_due_date, status)
    select id, 1, current_date + 30, 'pending'
    from plan
    returning id as installment, (select agency_id from plan) as agency
  `;
  return row;
}

Deno.test("the dashboard", async (test) => {
  await using services = await startAlertServices();
  await withDatabase((sql) =>
    withFunctionSecrets(
      "check-job-health",
      services.environment,
      () =>
        withBrowser((browser) =>
          withDashboard(async (dashboard) => {
            const scene = await makeScene(sql);
            try {
              await test.step("each screen is accessible, and complains of nothing", async () => {
                const { page, context, complaints } = await dashboard.visit(
                  browser,
                );
                const screens: [
                  hash: string,
                  heading: RegExp,
                  words: RegExp,
                ][] = [
                  [
                    "#/",
                    /fails\. The function answered 401/,
                    /One serious problem/,
                  ],
                  ["#/runs", /Runs/, /16 of 40/],
                  [
                    `#/runs/${scene.good}`,
                    /update-installment-statuses/,
                    /Attempt 1 failed/,
                  ],
                  [
                    `#/runs/${scene.failed}`,
                    /update-installment-statuses/,
                    /Given up for email after 5 attempts/,
                  ],
                  [
                    `#/runs/${scene.degraded}`,
                    /nightly-crm-sync/,
                    /the record is locked/,
                  ],
                  [`#/incidents/${scene.over}`, /Incidents/, /Reminder 1/],
                  ["#/agencies", /Agencies/, /Tutuila Bridge Program/],
                  [
                    `#/agencies/${scene.agency}`,
                    /Southern Star/,
                    /With these settings/,
                  ],
                  ["#/installments", /Installments/, /Search for a student/],
                  [
                    `#/installments/${scene.installment}`,
                    new RegExp(scene.student),
                    /Overdue since/,
                  ],
                  [
                    "#/runbooks/run-failed",
                    /run_failed: a run failed/,
                    /Who is affected/,
                  ],
                ];
                for (const [hash, heading, words] of screens) {
                  await page.goto(`${dashboard.origin}/${hash}`);
                  await page.getByRole("heading", { level: 1, name: heading })
                    .waitFor();
                  await page.getByText(words).first().waitFor();
                  await assertAccessible(page);
                }
                deepEqual(complaints, []);
                await context.close();
              });

              await test.step("the pictures show every screen", async () => {
                await picturesOf(browser, dashboard, scene);
              });

              await test.step("Today gives the cause of a refused key and the command that fixes it", async () => {
                const { page, context } = await dashboard.visit(browser);
                const card = page.getByRole("listitem").filter({
                  hasText: "last_run_failed",
                });
                await card.locator(".command pre:visible")
                  .filter({ hasText: /^npm start$/ }).waitFor();
                await context.close();
              });

              await test.step("pause, resume, snooze and the end of a snooze change the job and are kept", async () => {
                const { page, context } = await dashboard.visit(browser);
                const job = page.getByRole("article", { name: CRM_JOB });
                const dialog = page.getByRole("dialog");

                await job.getByRole("button", { name: /^Pause/ }).click();
                await dialog.getByText("The schedule no longer starts it")
                  .waitFor();
                await dialog.getByLabel("Until").selectOption({
                  label: "in 4 hours",
                });
                await dialog.getByLabel("Reason").fill("The CRM moves tonight");
                await dialog.getByRole("button", { name: "Pause" }).click();
                await dialog.getByText("jobs.actions").waitFor();
                await dialog.getByText("The CRM moves tonight").waitFor();
                await dialog.getByRole("button", { name: "Close" }).click();
                await job.getByText("Paused by job key").waitFor();
                const [pause] = await sql`
                select action.reason, action.requested_by, action.until > now() + interval '3 h' as in_time, entry.active
                from jobs.actions as action
                cross join cron.job as entry
                where action.job_name = ${CRM_JOB} and action.action = 'pause' and entry.jobname = ${CRM_JOB}
              `;
                deepEqual({ ...pause }, {
                  reason: "The CRM moves tonight",
                  requested_by: "job key",
                  in_time: true,
                  active: false,
                });

                await job.getByRole("button", { name: /^Resume/ }).click();
                await dialog.getByRole("button", { name: "Resume" }).click();
                await dialog.getByRole("button", { name: "Close" }).click();
                await job.getByRole("button", { name: /^Pause/ }).waitFor();

                await job.getByRole("button", { name: /^Snooze/ }).click();
                await dialog.getByLabel("Reason").fill("Known");
                await dialog.getByRole("button", { name: "Snooze" }).click();
                await dialog.getByRole("button", { name: "Close" }).click();
                await job.getByText("Snoozed by job key").waitFor();
                await job.getByRole("button", { name: /^End the snooze/ })
                  .click();
                await dialog.getByRole("button", { name: "End the snooze" })
                  .click();
                await dialog.getByRole("button", { name: "Close" }).click();
                await job.getByRole("button", { name: /^Snooze/ }).waitFor();

                const rows = await sql`
                select action from jobs.actions where job_name = ${CRM_JOB} order by requested_at, action
              `;
                deepEqual(rows.map(({ action }) => action), [
                  "pause",
                  "resume",
                  "snooze",
                  "unsnooze",
                ]);
                const [entry] =
                  await sql`select active from cron.job where jobname = ${CRM_JOB}`;
                equal(entry.active, true);
                await context.close();
              });

              await test.step("an action can be left, with the keyboard alone, and does nothing then", async () => {
                const { page, context } = await dashboard.visit(browser);
                const pause = page.getByRole("button", {
                  name: `Pause: ${CRM_JOB}`,
                });
                await pause.focus();
                await page.keyboard.press("Enter");
                await page.getByRole("dialog").waitFor();
                await page.keyboard.press("Escape");
                await page.getByRole("dialog").waitFor({ state: "hidden" });
                const [{ count }] = await sql`
                select count(*)::int from jobs.actions where job_name = ${CRM_JOB} and action = 'pause'
              `;
                equal(count, 1);
                await context.close();
              });

              await test.step("a run is cancelled from its own page", async () => {
                const { page, context } = await dashboard.visit(
                  browser,
                  `#/runs/${scene.running}`,
                );
                await page.getByRole("button", { name: /^Cancel the run/ })
                  .click();
                const dialog = page.getByRole("dialog");
                await dialog.getByLabel("Reason").fill("Wrong CRM");
                await dialog.getByRole("button", { name: "Cancel the run" })
                  .click();
                await dialog.getByText("Wrong CRM").waitFor();
                await dialog.getByRole("button", { name: "Close" }).click();
                await page.getByText("Cancelled by job key").first().waitFor();
                const [run] =
                  await sql`select status, error_message from public.jobs_log where id = ${scene.running}`;
                equal(run.status, "failed");
                match(
                  run.error_message,
                  /cancelled by job key because: Wrong CRM/,
                );
                await context.close();
              });

              await test.step("the main job is run, and its run opened from the row in jobs.actions", async () => {
                const { page, context } = await dashboard.visit(browser);
                await page.getByRole("button", { name: `Run now: ${MAIN_JOB}` })
                  .first().click();
                const dialog = page.getByRole("dialog");
                await dialog.getByRole("button", { name: "Run now" }).click();
                await dialog.getByRole("link", { name: "Open the run" })
                  .click();
                await page.getByText("Ended: success").waitFor();
                await page.getByText("Southern Star Education").first()
                  .waitFor();
                const [action] = await sql`
                select run.status, run.records_updated > 0 as has_marked
                from jobs.actions as action
                join public.jobs_log as run on run.id = action.run_id
                where action.action = 'run'
              `;
                deepEqual({ ...action }, {
                  status: "success",
                  has_marked: true,
                });
                match(page.url(), /#\/runs\/[0-9a-f-]{36}$/);
                await context.close();
              });

              await test.step("what a channel has given up is sent again", async () => {
                const { page, context } = await dashboard.visit(
                  browser,
                  `#/incidents/${scene.open}`,
                );
                await page.getByRole("button", { name: /^Send again/ }).first()
                  .click();
                const dialog = page.getByRole("dialog");
                await dialog.getByRole("button", { name: "Send again" })
                  .click();
                await dialog.getByText("1 waits again").waitFor();
                const gone = await waitFor(async () => {
                  const rows =
                    await sql`select 1 from jobs.alert_deliveries where status = 'given_up'`;
                  return rows.length === 0;
                }, 5000);
                ok(gone);
                await context.close();
              });

              await test.step("names and errors that somebody has chosen are shown as they are, and change nothing", async () => {
                const id = await insertHostileRun(sql);
                const { agency, installment } = await insertHostileAgency(sql);
                const { page, context, complaints } = await dashboard.visit(
                  browser,
                  "",
                  { viewport: { width: 390, height: 844 } },
                );
                for (
                  const hash of [
                    "#/",
                    "#/runs",
                    `#/runs/${id}`,
                    "#/agencies?search=onerror",
                    `#/agencies/${agency}`,
                    "#/installments?search=onerror",
                    `#/installments/${installment}`,
                    "#/incidents",
                  ]
                ) {
                  await page.goto(`${dashboard.origin}/${hash}`);
                  await page.locator("main bdi:visible")
                    .filter({ hasText: HOSTILE_NAME }).first().waitFor();
                  equal(
                    await page.locator("main img, main script, main iframe")
                      .count(),
                    0,
                  );
                  const [content, width]: number[] = await page.evaluate(
                    "[document.documentElement.scrollWidth, innerWidth]",
                  );
                  ok(
                    content <= width,
                    `${hash} is ${content} wide on a screen of ${width}`,
                  );
                  await assertAccessible(page);
                }
                await sql`delete from public.installments where id = ${installment}`;
                await sql`delete from public.payment_plans where agency_id = ${agency}`;
                await sql`delete from public.agencies where id = ${agency}`;
                deepEqual(complaints, []);
                await context.close();
              });

              await test.step("the policy of the page holds", async () => {
                const { page, context, complaints } = await dashboard.visit(
                  browser,
                );
                await page.getByRole("heading", { level: 1 }).waitFor();
                const outcome = await page.evaluate(BREAK_THE_POLICY);
                deepEqual(outcome, {
                  isRun: false,
                  sent: "refused",
                  cookies: "",
                });
                ok(
                  complaints.every((text) =>
                    /Content.Security.Policy|TrustedScript/.test(text)
                  ),
                  complaints.join(),
                );
                equal(complaints.length >= 2, true);
                await context.close();
              });

              await test.step("another cut-off is tried beside the saved one, and nothing is changed", async () => {
                const statuses = () =>
                  sql`select status, count(*)::int from public.installments group by status order by status`;
                const before = [...await statuses()];
                const { page, context } = await dashboard.visit(
                  browser,
                  `#/agencies/${scene.agency}`,
                );
                await page.getByLabel("Time zone").fill("Pacific/Kiritimati");
                await page.getByLabel("Cut-off", { exact: true }).fill("00:00");
                await page.getByLabel("Grace, in days").fill("0");
                await page.getByRole("button", { name: "Compare" }).click();
                const tried = page.getByRole("region", {
                  name: "With these settings",
                });
                await tried.getByText(
                  "Pacific/Kiritimati, 00:00, 0 days of grace",
                ).waitFor();
                const [{ preview }] = await sql`
                select public.preview_overdue(now(), ${scene.agency}, 'Pacific/Kiritimati', '00:00', 0) as preview
              `;
                await tried.getByText(installments(preview.installments))
                  .waitFor();
                deepEqual([...await statuses()], before);
                await context.close();
              });

              await test.step("what was marked before a setting was corrected is set back, after a look at how much", async () => {
                // The main job has run above.
                const marked = () =>
                  sql`
                select count(*)::int
                from public.installments as installment
                join public.payment_plans as plan on plan.id = installment.payment_plan_id
                where plan.agency_id = ${scene.agency} and installment.status = 'overdue'
              `;
                const [{ count: before }] = await marked();
                await sql`update public.agencies set grace_days = 60 where id = ${scene.agency}`;
                const [{ dry }] =
                  await sql`select public.correct_overdue(${scene.agency}) as dry`;
                ok(dry.corrected > 0);
                const { page, context } = await dashboard.visit(
                  browser,
                  `#/agencies/${scene.agency}`,
                );
                await page.getByRole("button", {
                  name: "See what would be corrected",
                }).click();
                await page.getByText(
                  `${installments(dry.corrected)} would be set back to pending`,
                ).waitFor();
                deepEqual([...await marked()], [{ count: before }]);
                await assertAccessible(page);
                await page.getByRole("button", {
                  name: /^Set .* back to pending/,
                }).click();
                await page.getByRole("link", { name: "Open the run" }).click();
                await page.getByRole("heading", {
                  name: "correct-overdue-installments",
                }).waitFor();
                await page.getByText("overdue → pending").waitFor();
                deepEqual([...await marked()], [{
                  count: before - dry.corrected,
                }]);
                await context.close();
              });

              await test.step("an installment is found by its student and explained in a sentence", async () => {
                const { page, context } = await dashboard.visit(
                  browser,
                  "#/installments",
                );
                await page.getByLabel("Student or id").fill(scene.student);
                await page.keyboard.press("Enter");
                await page.locator(
                  `a[href="#/installments/${scene.installment}"]`,
                ).click();
                const [{ explanation }] =
                  await sql`select public.explain_installment(${scene.installment}) as explanation`;
                await page.getByText(explanation.sentence.slice(0, 40))
                  .waitFor();
                await context.close();
              });

              await test.step("filters and pages are addresses, and shift nothing", async () => {
                const { page, context } = await dashboard.visit(
                  browser,
                  "#/runs",
                );
                await page.getByRole("combobox", { name: "Job", exact: true })
                  .selectOption(MAIN_JOB);
                await page.getByRole("combobox", {
                  name: "Status",
                  exact: true,
                }).selectOption("failed");
                await page.getByText("the database system is starting up")
                  .first().waitFor();
                match(
                  page.url(),
                  /job=update-installment-statuses&status=failed/,
                );
                await page.goto(`${dashboard.origin}/#/runs?job=${MAIN_JOB}`);
                await page.getByRole("link", { name: "Older" }).click();
                await page.getByRole("link", { name: "Back to the newest" })
                  .waitFor();
                const first = await page.locator("tbody tr").first()
                  .textContent();
                await sql`
                insert into public.jobs_log (job_name, started_at, completed_at, status)
                values (${MAIN_JOB}, now(), now(), 'success')
              `;
                await page.getByRole("button", { name: "Refresh now" }).click();
                await page.locator("main[aria-busy=false]").waitFor();
                equal(
                  (await page.locator("tbody tr").first().textContent())?.slice(
                    0,
                    20,
                  ),
                  first?.slice(0, 20),
                );
                await context.close();
              });
            } finally {
              await removeScene(sql);
            }
          })
        ),
    )
  );
});

Deno.test("a dashboard whose functions do not answer says so, with the command, and recovers by itself", () =>
  withBrowser(async (browser) => {
    let isUp = false;
    await using functions = Deno.serve(
      { hostname: "127.0.0.1", port: 0, onListen: () => {} },
      async (request) => {
        if (!isUp) return new Response("no such service", { status: 404 });
        const { pathname, search } = new URL(request.url);
        return await fetch(`${urls.functionsUrl}${pathname}${search}`, {
          headers: { "X-API-Key": request.headers.get("X-API-Key") ?? "" },
        });
      },
    );
    const changed = { functionsUrl: `http://127.0.0.1:${functions.addr.port}` };
    await withDashboard(async (dashboard) => {
      const { page, context } = await dashboard.visit(browser);
      await page.getByRole("heading", { name: "The functions do not answer" })
        .waitFor();
      await page.getByText("npm run status").waitFor();
      await assertAccessible(page);
      isUp = true;
      await page.getByRole("button", { name: "Try again" }).click();
      await page.getByRole("heading", { name: "Jobs" }).waitFor();
      isUp = false;
      await page.getByRole("button", { name: "Refresh now" }).click();
      await page.getByText("This is as of").waitFor();
      await page.getByRole("heading", { name: "Jobs" }).waitFor();
      await context.close();
    }, changed);

    await withDashboard(async (dashboard) => {
      const { page, context } = await dashboard.visit(browser);
      await page.getByRole("heading", { name: "The functions refuse the key" })
        .waitFor();
      await context.close();
    }, { key: "job_that_nobody_knows" });
  }));

Deno.test("a browser without a link sees how to get in, and nothing else", () =>
  withBrowser((browser) =>
    withDashboard(async ({ origin }) => {
      const { page, context } = await visit(browser, `${origin}/#/runs`);
      await page.getByRole("heading", {
        name: "This browser has not been let in",
      }).waitFor();
      await page.getByText("npm run dashboard").waitFor();
      await context.close();
    })
  ));
