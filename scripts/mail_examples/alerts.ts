import type {
  Alert,
  AlertOf,
} from "../../supabase/functions/_shared/alerts/alert.ts";
import { alertMail } from "../../supabase/functions/_shared/alerts/channels/email/mail.ts";
import { slackMessage } from "../../supabase/functions/_shared/alerts/channels/slack/message.ts";
import { payloadOf } from "../../supabase/functions/_shared/alerts/channels/webhook/payload.ts";
import { createMessageSettings } from "../../supabase/functions/_shared/alerts/message/settings.ts";
import {
  sampleAlert,
  sampleJob,
  sampleRun,
} from "../../supabase/functions/_shared/alerts/testing/samples.ts";
import { type Examples, PHONE, pictured } from "./examples.ts";
import { slackPage } from "./slack.ts";

const RUNBOOK_URL =
  "https://github.com/example/duewatch/blob/main/docs/runbooks";
const settings = createMessageSettings({
  DASHBOARD_URL: "https://grafana.example.com/d/duewatch",
  RUNBOOK_URL,
  ALERT_TIMEZONE: "Australia/Brisbane",
});
const withoutDashboard = createMessageSettings({ RUNBOOK_URL });

const failed = sampleAlert("run_failed");
const stillFailing = sampleAlert("run_failed", {
  raised_at: "2026-11-23T07:00:07.842+00:00",
  reminder: 1,
  details: {
    job: sampleJob({ next: "given_up", catch_up_at: null }),
    run: sampleRun({
      started_at: "2026-11-23T06:58:00.107+00:00",
      completed_at: "2026-11-23T06:58:00.512+00:00",
      duration_ms: 405,
      records_updated: 0,
      trigger_source: "catch_up",
      error_message:
        "start_job_run failed: the database system is starting up (57P03)",
    }),
    occurrences: 31,
  },
});

type Unhealthy = AlertOf<"job_unhealthy">["details"];

/** @returns bad health for one reason. */
function unhealthy(
  code: string,
  message: string,
  details: Partial<Unhealthy> = {},
): Alert {
  const sample = sampleAlert("job_unhealthy");
  const reasons = [{ code, message }];
  return { ...sample, details: { ...sample.details, reasons, ...details } };
}

/** Each alert of which there is a picture as a mail and in Slack, by name. */
const ALERTS: Readonly<Record<string, Alert>> = {
  "run-failed": failed,
  "run-failed-reminder": stillFailing,
  "run-degraded": sampleAlert("run_degraded"),
  "item-failing": sampleAlert("item_failing"),
  "run-missed": sampleAlert("run_missed"),
  "job-unhealthy": sampleAlert("job_unhealthy"),
  "catch-up-given-up": unhealthy(
    "catch_up_given_up",
    "30 runs in a row have failed, the last 2 minutes ago. The supervisor does not try again: the next tick does (0 7 * * *), or a person.",
    { job: sampleJob({ next: "given_up", catch_up_at: null }) },
  ),
  "run-stuck": unhealthy(
    "run_stuck",
    "Run 0d8f4c1e-6b1a-4f0e-9a57-3c2f1b7d9e10 has been running for 12 minutes, longer than its time limit of 10 minutes, and has not been ended.",
  ),
  "command-differs": unhealthy(
    "command_differs",
    "The pg_cron entry update-installment-statuses-daily does not start the job as registered. It executes: vacuum. The last run was 2 hours ago.",
  ),
  "setting-unreadable": {
    ...unhealthy(
      "setting_unreadable",
      "Vault cannot be read, so the setting jobs_api_key is not known (22000 pgsodium_crypto_aead_det_decrypt_by_id: invalid ciphertext).",
      { job: null, last_run_at: null, hours_since_last_run: null },
    ),
    job_name: "duewatch",
  },
  "job-recovered": sampleAlert("job_recovered"),
  "run-succeeded": sampleAlert("run_succeeded"),
  "heartbeat": sampleAlert("heartbeat"),
  "test": sampleAlert("test"),
};

const NOT_BY_MAIL = ["run-degraded"];
const NOT_IN_SLACK = ["run-succeeded"];

const ofAlert = (alert: Alert) => alertMail(alert, settings);
const inSlack = (alert: Alert) => slackMessage(alert, settings);
const pictures = (
  render: (alert: Alert) => { readonly html: string },
  suffix: string,
  without: readonly string[],
) =>
  Object.entries(ALERTS)
    .filter(([name]) => !without.includes(name))
    .map(([name, alert]) => pictured(`${name}${suffix}`, render(alert)));

const asJson = (value: unknown) => `${JSON.stringify(value, null, 2)}\n`;

/** Each kind as a mail and in Slack, and what mail clients do to it. */
export const alertExamples: Examples = {
  folder: new URL("../../docs/alerts/", import.meta.url),
  mails: [
    ...pictures(ofAlert, "", NOT_BY_MAIL),
    pictured("run-failed-dark", ofAlert(failed), { dark: true }),
    pictured("run-failed-phone", ofAlert(failed), { width: PHONE }),
    pictured("run-failed-runbook", alertMail(failed, withoutDashboard)),
    ...pictures((alert) => slackPage(inSlack(alert)), ".slack", NOT_IN_SLACK),
  ],
  texts: {
    "run-failed.txt": ofAlert(failed).text,
    "run-failed.slack.json": asJson(inSlack(failed)),
    "run-failed.webhook.json": asJson(payloadOf(failed, settings)),
  },
};
