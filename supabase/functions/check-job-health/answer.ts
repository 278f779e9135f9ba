import { pageAbout } from "../_shared/alerts/message/description.ts";
import type { Links } from "../_shared/alerts/message/links.ts";
import type { ChannelsInUse } from "../_shared/alerts/registry.ts";
import { reportChannels } from "./channel-report.ts";
import type {
  DeliveryReport,
  HealthReason,
  HealthReport,
  JobHealth,
} from "./report.ts";

export interface CheckResult {
  readonly health: JobHealth;
  readonly channels: ChannelsInUse;
  /** Null when nothing was to be delivered. */
  readonly delivery: DeliveryReport | null;
  readonly links: Links;
}

/**
 * Answers with the health of the jobs.
 *
 * @returns 200; 503 when something is critical, so that `curl -f` and every
 *   uptime monitor take notice. A delivery problem changes the body and not the
 *   status.
 */
export function healthAnswer(
  { health, channels, delivery, links }: CheckResult,
): Response {
  const explain = <Judged extends { readonly reasons: HealthReason[] }>(
    judged: Judged,
  ) => ({
    ...judged,
    reasons: judged.reasons.map((reason) => {
      const { url, path } = links.runbook(pageAbout(reason.code));
      return { ...reason, runbook: url ?? path };
    }),
  });

  return Response.json(
    {
      ...health,
      jobs: health.jobs.map(explain),
      system: explain(health.system),
      channels: reportChannels(channels, health.channels),
      delivery,
    } satisfies HealthReport,
    { status: health.status === "critical" ? 503 : 200 },
  );
}
