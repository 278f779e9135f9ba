import { pageAbout } from "../_shared/alerts/message/description.ts";
import type { Links } from "../_shared/alerts/message/links.ts";
import type { ChannelsInUse } from "../_shared/alerts/registry.ts";
import { type Answer, jsonAnswer } from "../_shared/http/answer.ts";
import { reportChannels } from "./channel-report.ts";
import type { Delivery } from "./delivery.ts";
import type { Health, HealthReason, JobHealth } from "./health.ts";

export interface Report {
  readonly health: Health;
  readonly channels: ChannelsInUse;
  /** Null when nothing was to be delivered. */
  readonly delivery: Delivery | null;
  readonly links: Links;
}

/**
 * Answers with how the jobs are.
 *
 * @returns 200; 503 when something is critical, so that `curl -f` and every
 *   uptime monitor take notice. Trouble in reaching people changes the body
 *   and not the status.
 */
export function healthAnswer(
  { health, channels, delivery, links }: Report,
): Answer {
  const explain = (reasons: readonly HealthReason[]) =>
    reasons.map((reason) => {
      const { url, path } = links.runbook(pageAbout(reason.code));
      return { ...reason, runbook: url ?? path };
    });

  return jsonAnswer({
    status: health.status,
    checkedAt: health.checked_at,
    jobs: health.jobs.map((job) => ({
      jobName: job.job_name,
      registered: job.registered,
      enabled: job.enabled,
      status: job.status,
      reasons: explain(job.reasons),
      schedule: job.schedule,
      lastRun: lastRunOf(job),
      lastSuccess: lastSuccessOf(job),
      hoursSinceLastRun: job.hours_since_last_run,
      hoursSinceLastSuccess: job.hours_since_last_success,
      successRate30d: job.success_rate_30d,
      runs30d: job.runs_30d,
      failedRuns30d: job.failed_runs_30d,
    })),
    system: {
      status: health.system.status,
      reasons: explain(health.system.reasons),
    },
    incidents: health.incidents.map((incident) => ({
      jobName: incident.job_name,
      kind: incident.kind,
      openedAt: incident.opened_at,
      lastSeenAt: incident.last_seen_at,
      lastAlertedAt: incident.last_alerted_at,
      occurrences: incident.occurrences,
      reminders: incident.reminders,
    })),
    channels: reportChannels(channels, health.channels),
    delivery,
  }, health.status === "critical" ? 503 : 200);
}

function lastRunOf({ last_run: run }: JobHealth) {
  return run && {
    id: run.id,
    status: run.status,
    startedAt: run.started_at,
    completedAt: run.completed_at,
    durationMs: run.duration_ms,
    recordsUpdated: run.records_updated,
    errorMessage: run.error_message,
    triggerSource: run.trigger_source,
  };
}

function lastSuccessOf({ last_success: run }: JobHealth) {
  return run && {
    id: run.id,
    startedAt: run.started_at,
    completedAt: run.completed_at,
    durationMs: run.duration_ms,
    recordsUpdated: run.records_updated,
  };
}
