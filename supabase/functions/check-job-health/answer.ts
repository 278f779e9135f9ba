import { pageAbout } from "../_shared/alerts/message/description.ts";
import type { Links } from "../_shared/alerts/message/links.ts";
import type { ChannelsInUse } from "../_shared/alerts/registry.ts";
import { VERSION } from "../_shared/version.ts";
import type { History } from "./history.ts";
import type {
  ChannelHealth,
  ChannelReport,
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
  /** As much of it as was asked for. */
  readonly history: History;
}

/**
 * Answers with the health of the jobs.
 *
 * @returns 200; 503 when something is critical, so that `curl -f` and every
 *   uptime monitor take notice. A delivery problem changes the body and not the
 *   status.
 */
export function healthAnswer(
  { health, channels, delivery, links, history }: CheckResult,
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
      functionsVersion: VERSION,
      jobs: health.jobs.map((job) => ({
        ...explain(job),
        ...history.recentRuns &&
          { recentRuns: history.recentRuns.get(job.jobName) ?? [] },
      })),
      system: explain(health.system),
      channels: reportChannels(channels, health.channels),
      ...history.incidentLog && { incidentLog: history.incidentLog },
      delivery,
    } satisfies HealthReport,
    { status: health.status === "critical" ? 503 : 200 },
  );
}

const NEVER_ANNOUNCED = {
  announcedAt: null,
  pausedUntil: null,
  pending: 0,
  oldestPendingAt: null,
  givenUp24h: 0,
  lastError: null,
  lastSentAt: null,
};

/** @returns each of them once, by name. */
export function reportChannels(
  inUse: ChannelsInUse,
  announced: readonly ChannelHealth[],
): ChannelReport[] {
  const health = new Map(announced.map((channel) => [channel.name, channel]));
  const reasons = new Map(inUse.off.map(({ name, reason }) => [name, reason]));
  const on = new Set(inUse.on.map(({ name }) => name));

  return [...new Set([...on, ...reasons.keys(), ...health.keys()])]
    .sort()
    .map((name) => ({
      name,
      configured: on.has(name),
      reason: on.has(name)
        ? null
        : reasons.get(name) ?? "This function does not know the channel.",
      ...health.get(name) ?? NEVER_ANNOUNCED,
    }));
}
