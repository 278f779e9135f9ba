import { equal, match, ok } from "node:assert/strict";
import { dirname } from "node:path";
import {
  about,
  type AlertServices,
  startAlertServices,
} from "../stand_ins/alert_services.ts";
import { always, inTurn } from "../stand_ins/scenario.ts";
import { resendRefusals } from "../stand_ins/resend.ts";
import { slackRefusals } from "../stand_ins/slack.ts";
import type { Call, StandIn } from "../stand_ins/stand_in.ts";
import {
  deliveryEnds,
  everythingDelivered,
  insertFailure,
  jobNames,
} from "./support/alerts.ts";
import {
  type Database,
  emptyDatabase,
  withDatabase,
} from "./support/database.ts";
import { within } from "./support/events.ts";
import { withFunctionSecrets } from "./support/function_secrets.ts";
import { checkHealth } from "./support/health_check.ts";
import { startListener } from "./support/listener.ts";
import { config } from "./support/stack.ts";

interface Reason {
  readonly code: string;
  readonly message: string;
}

/** A database without alerts, and services that accept every alert. */
function withServices(
  work: (services: AlertServices, sql: Database) => Promise<void>,
): () => Promise<void> {
  return () =>
    withDatabase(async (sql) => {
      await emptyDatabase(sql);
      await using services = await startAlertServices();
      await work(services, sql);
    });
}

Deno.test("the functions of this stack do not have the real Slack address of a developer", () => {
  equal(dirname(config.functionsEnvFile), config.stateDir);
});

Deno.test(
  "with the listener, a failed run reaches Slack and email within a second",
  withServices(async (services, sql) => {
    await using _listener = await startListener({ env: services.environment });
    for (const job of jobNames(5)) {
      const committedAt = await insertFailure(sql, job, `${job} is broken`);
      const delivered = await within(
        20_000,
        `the alert of ${job} is delivered`,
        services.delivered(about(job, /Job Failed/)),
      );
      for (const { arrivedAt, text } of Object.values(delivered)) {
        ok(arrivedAt - committedAt < 1_000, `${arrivedAt - committedAt} ms`);
        match(text, new RegExp(`${job} is broken`));
      }
    }
  }),
);

Deno.test(
  "a job that keeps failing raises one alert, and its recovery another one",
  withServices(async (services, sql) => {
    await using _listener = await startListener({ env: services.environment });
    for (let run = 0; run < 3; run++) await insertFailure(sql, "flaky-job");
    await sql`
      insert into public.jobs_log (job_name, started_at, completed_at, status)
      values ('flaky-job', now(), now(), 'success')
    `;
    await within(
      20_000,
      "the recovery is delivered",
      services.delivered(about("flaky-job", /Job Recovered/)),
    );
    for (const service of [services.slack, services.resend]) {
      const [failed, ...others] = callsAbout(service, "flaky-job");
      match(failed.text, /Job Failed/);
      equal(others.length, 1);
    }
  }),
);

Deno.test(
  "an alert that Slack refuses for good is given up after one attempt, is in the health report, and does not hold up email",
  withServices(async (services, sql) => {
    services.slack.follow(always(slackRefusals.noService));
    await using _listener = await startListener({ env: services.environment });
    for (const job of ["first-job", "second-job"]) {
      await insertFailure(sql, job);
      await within(
        20_000,
        `a mail about ${job}`,
        services.resend.calls.first(about(job)),
      );
      const delivery = await deliveryEnds(sql, job, "slack");
      equal(delivery.status, "given_up");
      equal(delivery.attempts, 1);
      match(delivery.last_error ?? "", /no_service/);
      equal(callsAbout(services.slack, job).length, 1);
    }

    const { body } = await checkHealth({ dryRun: true });
    const [email, slack] = body.channels;
    equal(slack.name, "slack");
    equal(slack.givenUp24h, 2);
    match(slack.lastError, /no_service/);
    equal(email.givenUp24h, 0);
    ok(
      body.system.reasons.some(({ code, message }: Reason) =>
        code === "alerts_undelivered" && /slack.*no_service/.test(message)
      ),
    );
  }),
);

Deno.test(
  "a mail that was refused is sent under a new key once the address is corrected",
  withServices(async ({ resend, environment }, sql) => {
    resend.follow(inTurn(resendRefusals.invalidRecipient));
    const withAddress = (ALERT_EMAIL_TO: string) =>
      startListener({ env: { ...environment, ALERT_EMAIL_TO } });
    {
      await using _listener = await withAddress("typo@example.com");
      await insertFailure(sql, "mailed-job");
      const { status } = await deliveryEnds(sql, "mailed-job", "email");
      equal(status, "given_up");
    }
    await using _listener = await withAddress(
      '"Doe, Jane" <sales&admissions@school.example>',
    );
    await sql`select jobs.retry_deliveries('email')`;
    const mail = await within(
      20_000,
      "the corrected mail",
      resend.calls.first(({ delivered }) => delivered),
    );
    equal(mail.email?.to[0], '"Doe, Jane" <sales&admissions@school.example>');
    const keys = resend.calls.entries.map((call) => call.idempotencyKey);
    equal(keys.length, 2);
    equal(keys[1], `${keys[0]}-2`);
  }),
);

Deno.test(
  "Slack is paused for as long as Retry-After says, and email is not",
  withServices(async (services, sql) => {
    const WAIT_SECONDS = 4;
    services.slack.follow(inTurn(slackRefusals.rateLimited(WAIT_SECONDS)));
    await using listener = await startListener({ env: services.environment });
    await insertFailure(sql, "first-job");
    await listener.logged("alert_retried");
    const [limited] = callsAbout(services.slack, "first-job");
    equal(limited.fault, "rate_limited");

    const [{ pause, delay }] = await sql<{ pause: number; delay: number }[]>`
      select
        extract(epoch from channel.paused_until - alert.raised_at)::float8 as pause,
        extract(epoch from delivery.next_attempt_at - alert.raised_at)::float8 as delay
      from jobs.alert_deliveries as delivery
      join jobs.alert_channels as channel on channel.name = delivery.channel
      join jobs.alerts as alert on alert.id = delivery.alert_id
      where delivery.channel = 'slack'
    `;
    ok(pause >= WAIT_SECONDS, `the channel is paused for ${pause} s`);
    ok(delay >= WAIT_SECONDS, `the alert waits for ${delay} s`);

    await insertFailure(sql, "second-job");
    for (const job of ["first-job", "second-job"]) {
      const delivered = await within(
        30_000,
        `the alert of ${job} is delivered`,
        services.delivered(about(job)),
      );
      // The service counts from its answer, after the request has arrived.
      const pauseMs = delivered.slack.arrivedAt - limited.arrivedAt;
      ok(pauseMs >= WAIT_SECONDS * 1_000, `${job} after ${pauseMs} ms`);
      ok(delivered.email.arrivedAt < delivered.slack.arrivedAt);
    }
    await everythingDelivered(sql);
  }),
);

Deno.test(
  "two listeners and concurrent health checks deliver no alert twice",
  withServices(async (services, sql) => {
    const jobs = jobNames(300);
    const env = services.environment;
    await using _first = await startListener({ env });
    await using _second = await startListener({ env });
    await withFunctionSecrets("check-job-health", env, async () => {
      let underWay = true;
      const checks = (async () => {
        while (underWay) await checkHealth();
      })();
      try {
        // One commit each, so that all senders are woken again and again.
        await Promise.all(jobs.map((job) => insertFailure(sql, job)));
        await within(
          60_000,
          "all alerts are delivered",
          Promise.all(
            jobs.map((job) => services.delivered(about(job))),
          ),
        );
        await everythingDelivered(sql);
      } finally {
        underWay = false;
        await checks;
      }
    });
    for (const { calls } of [services.slack, services.resend]) {
      const ofJobs = calls.entries.filter(({ text }) => /job-\d/.test(text));
      equal(ofJobs.length, jobs.length);
      equal(new Set(ofJobs.map(({ message }) => message)).size, jobs.length);
      equal(ofJobs.every(({ fault }) => fault === null), true);
    }
  }),
);

/** Every call about this job, accepted or not. */
function callsAbout({ calls }: StandIn, jobName: string): readonly Call[] {
  return calls.entries.filter(about(jobName));
}
