import type { ChannelHealth } from "../api/answers.ts";
import { tableOf } from "./columns.ts";
import type { View } from "./view.ts";

/** @returns how each channel is, and what waits for it. */
export function formatChannels(
  channels: readonly ChannelHealth[],
  view: View,
): string {
  if (channels.length === 0) {
    return "No alert channel is set up. Failures will not reach anyone.";
  }
  const { now, colours } = view;
  const { text, number, age, format } = tableOf<ChannelHealth>(view);
  return format([
    text("channel", ({ name }) => name),
    text("state", (channel) => stateOf(channel, now)),
    number(
      "waiting",
      ({ pending }) => pending,
      (cell, { pending }) => pending > 0 ? colours.yellow(cell) : cell,
    ),
    age("oldest", ({ oldestPendingAt }) => oldestPendingAt),
    number(
      "given up",
      ({ givenUp24h }) => givenUp24h,
      (cell, { givenUp24h }) => givenUp24h > 0 ? colours.red(cell) : cell,
    ),
    age("last sent", ({ lastSentAt }) => lastSentAt),
    text("remark", ({ reason, lastError }) => lastError ?? reason, {
      whenNarrow: "cut",
    }),
  ], channels);
}

function stateOf(
  { configured, pausedUntil }: ChannelHealth,
  now: Date,
): string {
  if (!configured) return "off";
  const isPaused = pausedUntil !== null &&
    Date.parse(pausedUntil) > now.getTime();
  return isPaused ? "paused" : "on";
}
