import { deepEqual, equal, match, ok } from "node:assert/strict";
import { about, startAlertServices } from "../stand_ins/alert_services.ts";
import { startLocalService } from "../stand_ins/local_service.ts";
import { always, inTurn } from "../stand_ins/scenario.ts";
import {
  startWebhook,
  webhookRefusals,
  type WebhookStandIn,
} from "../stand_ins/webhook.ts";
import { deliveryEnds, insertFailure } from "./support/alerts.ts";
import {
  type Database,
  emptyDatabase,
  withDatabase,
} from "./support/database.ts";
import { within } from "./support/events.ts";
import { withFunctionSecrets } from "./support/function_secrets.ts";
import { checkHealth } from "./support/health_check.ts";
import { startListener } from "./support/listener.ts";

function withWebhook(
  work: (webhook: WebhookStandIn, sql: Database) => Promise<void>,
): () => Promise<void> {
  return () =>
    withDatabase(async (sql) => {
      await emptyDatabase(sql);
      await using webhook = await startWebhook();
      await work(webhook, sql);
    });
}

Deno.test(
  "a failed run and its recovery reach the webhook, signed, through the function",
  withWebhook((webhook, sql) =>
    withFunctionSecrets("check-job-health", webhook.environment, async () => {
      await insertFailure(sql, "hooked-job", "It is broken.");
      const first = await checkHealth();
      equal(first.body.delivery.sent, 1, JSON.stringify(first.body.delivery));
      await sql`
        insert into public.jobs_log (job_name, started_at, completed_at, status)
        values ('hooked-job', now(), now(), 'success')
      `;
      await checkHealth();
      // The stand-in takes only what carries the signature of its secret.
      deepEqual(
        webhook.calls.entries.map(({ content, delivered }) => [
          content?.type,
          content?.data.jobName,
          delivered,
        ]),
        [
          ["duewatch.run_failed", "hooked-job", true],
          ["duewatch.job_recovered", "hooked-job", true],
        ],
      );
      const [failed] = webhook.calls.entries;
      equal(failed.message, failed.content?.data.alertId);
      match(failed.text, /^ALERT: Job Failed - hooked-job: .*What to do: /);
      equal(failed.content?.data.error, "It is broken.");
      equal(failed.content?.data.severity, "critical");
    })
  ),
);

Deno.test(
  "an attempt that fails is repeated under the same id, and a redirect is not followed",
  withWebhook(async (webhook, sql) => {
    const called: string[] = [];
    await using target = await startLocalService(({ path }) => {
      called.push(path);
      return { status: 200, headers: {}, body: "ok" };
    });
    webhook.follow(inTurn(webhookRefusals.unavailable));
    await using _listener = await startListener({ env: webhook.environment });
    await insertFailure(sql, "repeated-job");
    await within(
      20_000,
      "the webhook gets it in the end",
      webhook.calls.first((call) =>
        call.delivered && about("repeated-job")(call)
      ),
    );
    const attempts = webhook.calls.entries.filter(about("repeated-job"));
    deepEqual(attempts.map(({ fault }) => fault), ["unavailable", null]);
    equal(new Set(attempts.map(({ message }) => message)).size, 1);

    webhook.follow(always(webhookRefusals.redirect(`${target.origin}/x`)));
    await insertFailure(sql, "redirected-job");
    const delivery = await deliveryEnds(sql, "redirected-job", "webhook");
    equal(delivery.status, "given_up");
    match(delivery.last_error ?? "", /^The webhook answered 307/);
    deepEqual(called, []);
  }),
);

Deno.test(
  "a webhook that is half set up is reported, and Slack and mail work",
  withWebhook(async (webhook, sql) => {
    await using services = await startAlertServices();
    for (
      const { set, problem } of [
        {
          set: { WEBHOOK_URL: webhook.environment.WEBHOOK_URL },
          problem: /half configured\. Still to be set: WEBHOOK_SECRET/,
        },
        {
          set: { WEBHOOK_SECRET: webhook.environment.WEBHOOK_SECRET },
          problem: /half configured\. Still to be set: WEBHOOK_URL/,
        },
        {
          set: { ...webhook.environment, WEBHOOK_SECRET: "whsec_short" },
          problem: /WEBHOOK_SECRET: must be whsec_ and 24 to 64 bytes/,
        },
        {
          set: { ...webhook.environment, WEBHOOK_URL: "http://example.com/x" },
          problem: /WEBHOOK_URL: must be an https address/,
        },
      ]
    ) {
      const secrets = { ...services.environment, ...set };
      const job = `half-${crypto.randomUUID()}`;
      await withFunctionSecrets("check-job-health", secrets, async () => {
        await insertFailure(sql, job);
        const { body } = await checkHealth();
        const channel = body.channels.find(({ name }: { name: string }) =>
          name === "webhook"
        );
        equal(channel.configured, false);
        match(channel.reason, problem);
        ok(!channel.reason.includes("short"), "a secret is repeated");
      });
      await within(
        20_000,
        `mail and Slack on ${job}`,
        services.delivered(about(job)),
      );
    }
    deepEqual(webhook.calls.entries, []);
  }),
);
