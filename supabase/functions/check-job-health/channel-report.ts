import type { ChannelsInUse } from "../_shared/alerts/registry.ts";
import type { ChannelHealth, ChannelReport } from "./report.ts";

const NEVER_ANNOUNCED = {
  announcedAt: null,
  pausedUntil: null,
  pending: 0,
  oldestPendingAt: null,
  givenUp24h: 0,
  lastError: null,
  lastSentAt: null,
};

/**
 * @param inUse the channels that this function knows.
 * @param announced the channels that any process has announced.
 * @returns each of them once, by name.
 */
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
