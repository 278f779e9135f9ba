import { formatNumber } from "../../../supabase/functions/_shared/format.ts";
import type { Incident } from "../api/answers.ts";
import { age as ageOf } from "../text/age.ts";
import { ifRoom, tableOf } from "./columns.ts";
import type { View } from "./view.ts";

/** @returns the open incidents, and whether the last alert of each arrived. */
export function formatIncidents(
  incidents: readonly Incident[],
  view: View,
): string {
  if (incidents.length === 0) return "No incident is open.";
  const { text, number, age, minute, format } = tableOf<Incident>(view);
  return format([
    text("job", ({ jobName }) => jobName),
    text("incident", ({ kind }) => kind),
    age("opened", ({ openedAt }) => openedAt),
    text("last alert", (incident) => outcomeOf(incident, view.now), {
      paint: (cell, { lastAlert }) =>
        lastAlert?.status === "delivered" ? cell : view.colours.yellow(cell),
    }),
    text("seen", ({ occurrences }) => `${formatNumber(occurrences)} ×`, {
      align: "right",
    }),
    ...ifRoom(
      text("by", ({ lastAlert }) => lastAlert?.channels.join(", ")),
      text("error", ({ lastAlert }) => lastAlert?.error),
      minute("open since", ({ openedAt }) => openedAt),
      number("reminders", ({ reminders }) => reminders),
    ),
  ], incidents);
}

function outcomeOf(
  { lastAlert, lastAlertedAt }: Incident,
  now: Date,
): string {
  switch (lastAlert?.status) {
    case undefined:
      return `raised ${ageOf(lastAlertedAt, now)}`;
    case "no_channel":
      return "no channel";
    case "given_up":
      return `given up ${ageOf(lastAlert.since, now)}`;
    case "delivered":
      return `delivered ${ageOf(lastAlert.since, now)}`;
    case "waiting":
      return `waiting, ${ageOf(lastAlert.since, now)}`;
  }
}
