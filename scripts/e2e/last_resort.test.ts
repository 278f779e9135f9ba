// Nobody can deliver alerts: no listener, and the call for delivery brings
// nothing. Then the database itself says so.
import { deepEqual, equal, match, ok } from "node:assert/strict";
import {
  type AlertServices,
  startAlertServices,
} from "../stand_ins/alert_services.ts";
import { startLocalService } from "../stand_ins/local_service.ts";
import { always, hang, inTurn } from "../stand_ins/scenario.ts";
import type { Call, StandIn } from "../stand_ins/stand_in.ts";
import { insertFailure } from "./support/alerts.ts";
import {
  type Database,
  emptyDatabase,
  withDatabase,
} from "./support/database.ts";
import { within } from "./support/events.ts";
import { withFunctionSecrets } from "./support/function_secrets.ts";
import { checkHealth } from "./support/health_check.ts";
import { urls } from "./support/stack.ts";
import { withoutSupervisor } from "./support/supervisor.ts";
import { withVaultSettings } from "./support/vault_settings.ts";

const JOB = "a-job-that-broke";
const RUNBOOKS = "https://git.example.com/runbooks";
const FAILING = /alerts are not being delivered/;
const RECOVERED = /alerts are delivered again/;

interface Fault {
  readonly name: string;
  /** What the message says is wrong. */
  readonly said: RegExp;
  readonly settings?: Readonly<Record<string, string | null>>;
  readonly secrets?: Readonly<Record<string, string>>;
  /** What answers instead of the functions. */
  readonly service?: Parameters<typeof startLocalService>[0];
}

const WRONG_KEY: Fault = {
  name: "a wrong key",
  said: /answered 401: it does not accept the key/,
  settings: { jobs_api_key: "job_wrong-key-of-the-test" },
};

const FAULTS: readonly Fault[] = [
  WRONG_KEY,
  {
    name: "a missing key",
    said: /the setting jobs_api_key is missing/,
    settings: { jobs_api_key: null },
  },
  {
    name: "a wrong address",
    said: /could not be called.*127\.0\.0\.1/,
    settings: { functions_url: "http://127.0.0.1:1/functions/v1" },
  },
  {
    name: "a function that is not deployed",
    said: /answered 404: there is no such function/,
    service: () => ({
      status: 404,
      headers: { "Content-Type": "application/json" },
      body: '{"code":"NOT_FOUND","message":"Requested function was not found"}',
    }),
  },
  {
    name: "a function that does not start",
    said: /The function answered 50\d/,
    secrets: { SUPABASE_URL: "nonsense" },
  },
  {
    name: "a function that hangs",
    said: /timed out/,
    service: () => "hang",
  },
];

for (const fault of FAULTS) {
  Deno.test(`with ${fault.name}, the database reports it on Slack and by mail, and reports when it is over`, () =>
    withLastResort(async (sql, services) => {
      await withoutSupervisor(sql, async () => {
        await broken(sql, services, fault, async () => {
          await insertFailure(sql, JOB, "<It> & all broke.");
          await passMinute(sql);
          deepEqual(callsOf(services, FAILING), [0, 0]);

          await age(sql, 90);
          await passMinute(sql);
          await passMinute(sql);
        });
        deepEqual(callsOf(services, FAILING), [1, 1]);
        for (const { text } of callsSaying(services, FAILING)) {
          match(text, fault.said);
          match(text, /1 alert has not reached anyone/);
          match(text, new RegExp(`Job Failed: ${JOB}: <It> & all broke\\.`));
          ok(text.includes(`${RUNBOOKS}/alerts-undelivered.md`));
        }
        deepEqual(callsOf(services, /^ALERT: Job Failed/), [0, 0]);

        await delivering(services, async () => {
          await passMinute(sql);
          await passMinute(sql);
        });
        deepEqual(callsOf(services, RECOVERED), [1, 1]);
        for (const service of [services.slack, services.resend]) {
          const [alert] = saying(service, /Job Failed/).filter(({ text }) =>
            !FAILING.test(text)
          );
          match(alert.text, new RegExp(JOB));
        }
        const [{ failing }] = await sql<{ failing: number }[]>`
          select count(failing_since)::int as failing
          from jobs.last_resort
        `;
        equal(failing, 0);
      });
    }));
}

Deno.test("the supervisor reports it without being called", () =>
  withLastResort(async (sql, services) => {
    await broken(sql, services, WRONG_KEY, async () => {
      await insertFailure(sql, JOB);
      await age(sql, 90);
      await within(
        90_000,
        "a report by the database",
        services.delivered(({ text }) => FAILING.test(text)),
      );
    });
  }));

Deno.test("while Slack hangs, the mail arrives, catch-up runs start, and Slack gets it later", () =>
  withLastResort(async (sql, services) => {
    await withoutSupervisor(sql, async () => {
      await broken(sql, services, WRONG_KEY, async () => {
        services.slack.follow(always(hang));
        await failMainJob(sql);
        await age(sql, 90);
        const startedAt = performance.now();
        await passMinute(sql);
        ok(performance.now() - startedAt < 20_000);
        equal(saying(services.resend, FAILING).length, 1);
        const [{ caught_up }] = await sql<{ caught_up: boolean }[]>`
          select exists (
            select 1 from public.jobs_log where trigger_source = 'catch_up'
          ) as caught_up
        `;
        equal(caught_up, true);

        const problems = await lastResortProblems();
        equal(problems.length, 1, JSON.stringify(problems));
        match(problems[0], /cannot send to slack: .*timed out/);

        services.slack.follow(inTurn());
        await passMinute(sql);
        deepEqual(await lastResortProblems(), []);
      });
      equal(saying(services.resend, FAILING).length, 1);
      equal(
        saying(services.slack, FAILING).filter(({ delivered }) => delivered)
          .length,
        1,
      );
    });
  }));

Deno.test("the health report warns when the functions send to other places than the last resort", () =>
  withLastResort(async (sql, services) => {
    await withoutSupervisor(sql, () =>
      delivering(services, async () => {
        await checkHealth();
        deepEqual(await warnings("last_resort_differs"), []);
        await withVaultSettings(sql, {
          slack_webhook_url: `${services.slack.webhookUrl}-of-old`,
          alert_email_to: "somebody.else@example.com",
        }, async () => {
          const [email, slack, ...others] = await warnings(
            "last_resort_differs",
          );
          match(email, /alert_email_to/);
          match(slack, /slack_webhook_url/);
          deepEqual(others, []);
        });
      }));
  }));

/** An empty database whose last resort leads to these services. */
async function withLastResort(
  work: (sql: Database, services: AlertServices) => Promise<void>,
): Promise<void> {
  await withDatabase(async (sql) => {
    await emptyDatabase(sql);
    await using services = await startAlertServices();
    const { environment } = services;
    await withVaultSettings(sql, {
      slack_webhook_url: environment.SLACK_WEBHOOK_URL,
      resend_api_key: environment.RESEND_API_KEY,
      resend_base_url: environment.RESEND_BASE_URL,
      alert_email_from: environment.ALERT_EMAIL_FROM,
      alert_email_to: environment.ALERT_EMAIL_TO,
      runbook_url: `${RUNBOOKS}/`,
    }, async () => {
      await sql`
        insert into jobs.alert_channels (name, kinds, announced_at)
        select name, array['run_failed', 'job_recovered'], now()
        from unnest(array['slack', 'email']) as name
      `;
      await work(sql, services);
    });
  });
}

/** Breaks the delivery for the length of some work, failed or not. */
async function broken(
  sql: Database,
  { environment }: AlertServices,
  { settings = {}, secrets = {}, service }: Fault,
  work: () => Promise<void>,
): Promise<void> {
  const other = service && await startLocalService(service);
  try {
    await withFunctionSecrets(
      "check-job-health",
      { ...environment, ...secrets },
      async () => {
        await startOrFail();
        await withVaultSettings(sql, {
          ...settings,
          ...other && { functions_url: `${other.origin}/functions/v1` },
        }, work);
      },
    );
  } finally {
    await other?.[Symbol.asyncDispose]();
  }
}

/** Waits until the function has started, or has failed to. */
async function startOrFail(): Promise<void> {
  const answer = await fetch(`${urls.functionsUrl}/check-job-health`);
  await answer.body?.cancel();
}

/** The function is as it should be, and delivers to these services. */
async function delivering(
  { environment }: AlertServices,
  work: () => Promise<void>,
): Promise<void> {
  await withFunctionSecrets("check-job-health", environment, async () => {
    await startOrFail();
    await work();
  });
}

/** Does what pg_cron does every minute. */
async function passMinute(sql: Database): Promise<void> {
  const [{ command }] = await sql<{ command: string }[]>`
    select jobs.supervisor_command() as command
  `;
  // What went wrong is raised when all is done.
  await sql.unsafe(command).simple().catch((error) => {
    if (error.code !== "P0001") throw error;
  });
}

/** Lets the alerts have been raised so much earlier. */
async function age(sql: Database, seconds: number): Promise<void> {
  await sql`
    update jobs.alert_deliveries
    set
      queued_at = queued_at - make_interval(secs => ${seconds}),
      next_attempt_at = next_attempt_at - make_interval(secs => ${seconds})
  `;
}

async function failMainJob(sql: Database): Promise<void> {
  await sql`
    insert into public.jobs_log (
      job_name, started_at, completed_at, status, error_message
    )
    select 'update-installment-statuses', at, at, 'failed', 'It broke.'
    from (select now() - interval '5 minutes') as run (at)
  `;
}

async function warnings(code: string): Promise<string[]> {
  const { body } = await checkHealth({ dryRun: true });
  return body.system.reasons
    .filter((reason: { code: string }) => reason.code === code)
    .map(({ message }: { message: string }) => message)
    .sort();
}

/** Read without the function, which refuses the wrong key. */
async function lastResortProblems(): Promise<string[]> {
  return await withDatabase(async (sql) => {
    const reasons = await sql<{ message: string }[]>`
      select message from jobs.check_no_last_resort()
    `;
    return reasons.map(({ message }) => message);
  });
}

function saying(service: StandIn, words: RegExp): Call[] {
  return service.calls.entries.filter(({ text }) => words.test(text));
}

/** How many messages say this, on Slack and by mail. */
function callsOf({ slack, resend }: AlertServices, words: RegExp): number[] {
  return [slack, resend].map((service) => saying(service, words).length);
}

function callsSaying({ slack, resend }: AlertServices, words: RegExp): Call[] {
  return [slack, resend].flatMap((service) => saying(service, words));
}
