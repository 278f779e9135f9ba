import type { ChannelsInUse } from "../_shared/alerts/registry.ts";
import type { ChannelHealth } from "./health.ts";

/** A channel as this function has it, and as the database knows it. */
export interface ChannelReport {
  readonly name: string;
  /** Whether this function can send to it. */
  readonly configured: boolean;
  /** Why it cannot. */
  readonly reason: string | null;
  /** When a process, this or another, last offered to send to it. */
  readonly announcedAt: string | null;
  readonly pausedUntil: string | null;
  readonly pending: number;
  readonly oldestPendingAt: string | null;
  readonly givenUp24h: number;
  readonly lastError: string | null;
  readonly lastSentAt: string | null;
}

/**
 * @param inUse the channels that this function knows.
 * @param announced the channels that any process has announced.
 * @returns each of them once, by name.
 */
export function reportChannels(
  inUse: ChannelsInUse,
  announced: readonly ChannelHealth[],
): ChannelReport[] {
  const facts = new Map(announced.map((channel) => [channel.name, channel]));
  const reasons = new Map(inUse.off.map(({ name, reason }) => [name, reason]));
  const on = new Set(inUse.on.map(({ name }) => name));

  return [...new Set([...on, ...reasons.keys(), ...facts.keys()])]
    .sort()
    .map((name) => ({
      name,
      configured: on.has(name),
      reason: on.has(name)
        ? null
        : reasons.get(name) ?? "This function does not know the channel.",
      ...factsOf(facts.get(name)),
    }));
}

function factsOf(channel: ChannelHealth | undefined) {
  return {
    announcedAt: channel?.announced_at ?? null,
    pausedUntil: channel?.paused_until ?? null,
    pending: channel?.pending ?? 0,
    oldestPendingAt: channel?.oldest_pending_at ?? null,
    givenUp24h: channel?.given_up_24h ?? 0,
    lastError: channel?.last_error ?? null,
    lastSentAt: channel?.last_sent_at ?? null,
  };
}
