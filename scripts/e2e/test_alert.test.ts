import { deepEqual, equal, match } from "node:assert/strict";
import { startAlertServices } from "../stand_ins/alert_services.ts";
import { resendRefusals } from "../stand_ins/resend.ts";
import { always } from "../stand_ins/scenario.ts";
import { slackRefusals } from "../stand_ins/slack.ts";
import { startWebhook } from "../stand_ins/webhook.ts";
import {
  type Database,
  emptyDatabase,
  withDatabase,
} from "./support/database.ts";
import { withFunctionSecrets } from "./support/function_secrets.ts";
import { jobs } from "./support/jobs_cli.ts";
import { withVaultSettings } from "./support/vault_settings.ts";

const NO_LAST_RESORT = {
  slack_webhook_url: null,
  resend_api_key: null,
  resend_base_url: null,
  alert_email_from: null,
  alert_email_to: null,
  alert_timezone: null,
};

type Secrets = Readonly<Record<string, string>>;

/** What the last resort needs to reach the same people. */
function lastResort(environment: Secrets) {
  return {
    ...NO_LAST_RESORT,
    slack_webhook_url: environment.SLACK_WEBHOOK_URL,
    resend_api_key: environment.RESEND_API_KEY,
    resend_base_url: environment.RESEND_BASE_URL,
    alert_email_from: environment.ALERT_EMAIL_FROM,
    alert_email_to: environment.ALERT_EMAIL_TO,
  };
}

/** Runs `test-alert` with these secrets of the function and settings. */
function testAlert(
  sql: Database,
  { secrets, settings = NO_LAST_RESORT }: {
    readonly secrets: Secrets;
    readonly settings?: Readonly<Record<string, string | null>>;
  },
) {
  return withVaultSettings(
    sql,
    settings,
    () =>
      withFunctionSecrets(
        "job-control",
        secrets,
        () => jobs(["test-alert", "--reason", "A test of the tests."]),
      ),
  );
}

Deno.test("a test reaches every channel and the last resort, and opens no incident", () =>
  withDatabase(async (sql) => {
    await emptyDatabase(sql);
    await using services = await startAlertServices();
    await using webhook = await startWebhook();
    const secrets = { ...services.environment, ...webhook.environment };
    const { code, stdout } = await testAlert(sql, {
      secrets,
      settings: lastResort(services.environment),
    });
    equal(code, 0, stdout);
    for (const line of ["email", "slack", "webhook"]) {
      match(stdout, new RegExp(`^${line} +arrived$`, "m"));
    }
    match(stdout, /Last resort[^]*^slack +arrived$[^]*^email +arrived$/m);
    match(stdout, /^The test has arrived wherever something is set up\.$/m);

    const texts = (calls: readonly { text: string }[]) =>
      calls.map(({ text }) =>
        /Test of the (alerts|last resort)/.exec(text)?.[0]
      )
        .sort();
    const both = ["Test of the alerts", "Test of the last resort"];
    deepEqual(texts(services.slack.calls.entries), both);
    deepEqual(texts(services.resend.calls.entries), both);
    deepEqual(texts(webhook.calls.entries), both.slice(0, 1));
    match(
      services.slack.calls.entries[0].text +
        services.slack.calls.entries[1].text,
      /A test of the tests\./,
    );

    const [action] = await sql`
      select action, requested_by, reason from jobs.actions
      where action = 'test_alert'
      order by requested_at desc limit 1
    `;
    deepEqual({ ...action }, {
      action: "test_alert",
      requested_by: "job key",
      reason: "A test of the tests.",
    });
    const [{ incidents }] = await sql`
      select count(*)::int as incidents from jobs.incidents
    `;
    equal(incidents, 0);
  }));

Deno.test("what refuses the test, and what is set wrongly, is named with what to do", () =>
  withDatabase(async (sql) => {
    await emptyDatabase(sql);
    await using services = await startAlertServices();
    services.slack.follow(always(slackRefusals.noService));
    const { code, stdout } = await testAlert(sql, {
      secrets: {
        ...services.environment,
        WEBHOOK_URL: "https://example.com/hook",
        ALERT_TIMEZONE: "Nowhere/Land",
      },
      settings: lastResort(services.environment),
    });
    equal(code, 1, stdout);
    const words = stdout.replace(/\s+/g, " ");
    match(words, /email arrived/);
    match(
      words,
      /slack failed: Slack answered 404: no_service Correct the address or the key, then test again: docs\/runbooks\/alerts-undelivered\.md/,
    );
    match(
      words,
      /webhook set up wrongly: The webhook channel is half configured\. Still to be set: WEBHOOK_SECRET\. Correct the secrets/,
    );
    match(
      words,
      /Set wrongly Messages give times in UTC only\. ALERT_TIMEZONE: must be the name of a time zone/,
    );
    match(words, /Last resort .* slack failed: the last resort could not send/);
  }));

Deno.test("without any channel the test says that it has reached nobody", () =>
  withDatabase(async (sql) => {
    await emptyDatabase(sql);
    const { code, stdout } = await testAlert(sql, { secrets: {} });
    equal(code, 1);
    match(stdout, /^slack +not set up: SLACK_WEBHOOK_URL is not set\.$/m);
    match(stdout, /The test has reached nobody\. Set up a channel/);
  }));

Deno.test("a channel that is busy is shown as waiting, after the time limit and not for ever", () =>
  withDatabase(async (sql) => {
    await emptyDatabase(sql);
    await using services = await startAlertServices();
    services.resend.follow(always(resendRefusals.rateLimited(120)));
    const { code, stdout } = await testAlert(sql, {
      secrets: services.environment,
    });
    equal(code, 1);
    match(stdout, /^email +waiting: Resend answered 429/m);
    match(stdout, /^slack +arrived$/m);
  }));
