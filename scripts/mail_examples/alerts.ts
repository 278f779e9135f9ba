import type { Alert } from "../../supabase/functions/_shared/alerts/alert.ts";
import { alertMail } from "../../supabase/functions/_shared/alerts/channels/email/mail.ts";
import { slackMessage } from "../../supabase/functions/_shared/alerts/channels/slack/message.ts";
import { createLinks } from "../../supabase/functions/_shared/alerts/message/links.ts";
import {
  sampleAlert,
  sampleRun,
} from "../../supabase/functions/_shared/alerts/testing/samples.ts";
import { type Examples, PHONE, pictured } from "./examples.ts";

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

const ofAlert = (alert: Alert) => alertMail(alert, links);

/** One mail of each kind that goes by mail, and what mail clients do to it. */
export const alertExamples: Examples = {
  folder: new URL("../../docs/alerts/", import.meta.url),
  mails: [
    pictured("run-failed", ofAlert(failed)),
    pictured("run-failed-reminder", ofAlert(stillFailing)),
    pictured("run-failed-dark", ofAlert(failed), { dark: true }),
    pictured("run-failed-phone", ofAlert(failed), { width: PHONE }),
    pictured("run-succeeded", ofAlert(sampleAlert("run_succeeded"))),
    pictured("item-failing", ofAlert(sampleAlert("item_failing"))),
    pictured("run-missed", ofAlert(sampleAlert("run_missed"))),
    pictured("job-recovered", ofAlert(sampleAlert("job_recovered"))),
    pictured("job-unhealthy", ofAlert(sampleAlert("job_unhealthy"))),
    pictured("heartbeat", ofAlert(sampleAlert("heartbeat"))),
  ],
  texts: {
    "run-failed.txt": ofAlert(failed).text,
    "run-failed.slack.json": `${
      JSON.stringify(slackMessage(failed, links), null, 2)
    }\n`,
  },
};
