import { singleLine } from "../../../supabase/functions/_shared/text.ts";
import { inFigures } from "../../../supabase/functions/_shared/wording.ts";
import { formatTable } from "../../stack/table.ts";
import type { ChannelHealth } from "../api/answers.ts";
import { age } from "../text/age.ts";
import type { View } from "./view.ts";

/** @returns how each channel is, and what waits for it. */
export function formatChannels(
  channels: readonly ChannelHealth[],
  view: View,
): string {
  if (channels.length === 0) {
    return "No alert channel is set up. Failures will not reach anyone.";
  }
  const { now, width: maxWidth } = view;
  const ageOf = (iso: string | null) => iso === null ? "" : age(iso, now);
  return formatTable<ChannelHealth>(
    [
      { title: "channel", value: ({ name }) => singleLine(name) },
      { title: "state", value: (channel) => stateOf(channel, now) },
      {
        title: "waiting",
        align: "right",
        value: ({ pending }) => inFigures(pending),
        paint: (cell, { pending }) =>
          pending > 0 ? view.colours.yellow(cell) : cell,
      },
      {
        title: "oldest",
        value: ({ oldestPendingAt }) => ageOf(oldestPendingAt),
      },
      {
        title: "given up",
        align: "right",
        value: ({ givenUp24h }) => inFigures(givenUp24h),
        paint: (cell, { givenUp24h }) =>
          givenUp24h > 0 ? view.colours.red(cell) : cell,
      },
      { title: "last sent", value: ({ lastSentAt }) => ageOf(lastSentAt) },
      { title: "remark", value: remarkOn, whenNarrow: "cut" },
    ],
    channels,
    { maxWidth },
  );
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

function remarkOn({ reason, lastError }: ChannelHealth): string {
  return singleLine(lastError ?? reason ?? "");
}
