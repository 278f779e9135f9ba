import type { Alert } from "../../alert.ts";
import { describe } from "../../message/describe.ts";
import { NEXT_LABEL, TO_DO_LABEL } from "../../message/description.ts";
import { subject } from "../../message/headline.ts";
import { linksAbout } from "../../message/links.ts";
import type { MessageSettings } from "../../message/settings.ts";

const ERROR_LIMIT = 4000;

/** @returns the alert as programs read it; docs/reference/alerts.md. */
export function payloadOf(
  alert: Alert,
  { links: all, instant }: MessageSettings,
) {
  const links = linksAbout(alert, all);
  const description = describe(alert, instant);
  const { summary, next, toDo } = description;
  const { url, path } = links.runbook(description.runbookPage);
  return {
    type: `duewatch.${alert.kind}`,
    timestamp: alert.raised_at,
    data: {
      alertId: alert.alert_id,
      kind: alert.kind,
      jobName: description.jobName,
      runId: alert.run_id,
      reminder: alert.reminder,
      severity: SEVERITIES[description.tone],
      text: `${subject(description)}: ${summary} ${NEXT_LABEL}: ${next} ` +
        `${TO_DO_LABEL}: ${toDo}`,
      title: description.title,
      summary,
      next,
      toDo,
      error: description.error?.slice(0, ERROR_LIMIT) ?? null,
      facts: description.parts.flatMap((part) =>
        part.kind === "facts" ? part.facts : []
      ),
      runbook: url ?? path,
      dashboard: links.dashboardUrl,
    },
  };
}

const SEVERITIES = { red: "critical", amber: "warning", green: "ok" } as const;
