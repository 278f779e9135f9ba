import type { Alert } from "../../supabase/functions/_shared/alerts/alert.ts";
import { mail } from "../../supabase/functions/_shared/alerts/channels/email/mail.ts";
import { slackMessage } from "../../supabase/functions/_shared/alerts/channels/slack/message.ts";
import { describe } from "../../supabase/functions/_shared/alerts/message/describe.ts";
import { createLinks } from "../../supabase/functions/_shared/alerts/message/links.ts";
import {
  sampleAlert,
  sampleRun,
} from "../../supabase/functions/_shared/alerts/testing/samples.ts";

/** Where the examples are kept. */
export const EXAMPLES = new URL("../../docs/alerts/", import.meta.url);

/** A mail to be shown as a picture. */
export interface PicturedMail {
  /** Of the file, without its ending. */
  readonly name: string;
  readonly html: string;
  /** In pixels. */
  readonly width: number;
  readonly dark: boolean;
}

const SCREEN = 680;
const PHONE = 390;

const links = createLinks({
  DASHBOARD_URL: "https://grafana.example.com/d/duewatch",
  RUNBOOK_URL: "https://github.com/example/duewatch/blob/main/docs/runbooks",
});

const failed = sampleAlert("run_failed");
const stillFailing = sampleAlert("run_failed", {
  raised_at: "2026-11-23T07:00:07.842+00:00",
  reminder: 1,
  details: {
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

/** One mail of each kind that goes by mail, and what mail clients do to it. */
export const mails: readonly PicturedMail[] = [
  pictured("run-failed", failed),
  pictured("run-failed-reminder", stillFailing),
  pictured("run-failed-dark", failed, { dark: true }),
  pictured("run-failed-phone", failed, { width: PHONE }),
  pictured("run-succeeded", sampleAlert("run_succeeded")),
  pictured("run-missed", sampleAlert("run_missed")),
  pictured("job-recovered", sampleAlert("job_recovered")),
  pictured("job-unhealthy", sampleAlert("job_unhealthy")),
  pictured("heartbeat", sampleAlert("heartbeat")),
];

/** What is shown as text: the file's name, and what is in it. */
export const texts: Readonly<Record<string, string>> = {
  "run-failed.txt": mail(describe(failed), failed, links).text,
  "run-failed.slack.json": `${
    JSON.stringify(slackMessage(describe(failed), failed, links), null, 2)
  }\n`,
};

function pictured(
  name: string,
  alert: Alert,
  { width = SCREEN, dark = false } = {},
): PicturedMail {
  return { name, html: mail(describe(alert), alert, links).html, width, dark };
}
