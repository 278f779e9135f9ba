import { formatNumber } from "../../../supabase/functions/_shared/format.ts";
import type { Incident } from "../api/answers.ts";
import { ifRoom, tableOf } from "./columns.ts";
import type { View } from "./view.ts";

/** @returns the open incidents, and when each was last alerted. */
export function formatIncidents(
  incidents: readonly Incident[],
  view: View,
): string {
  if (incidents.length === 0) return "No incident is open.";
  const { text, number, age, minute, format } = tableOf<Incident>(view);
  return format([
    text("job", ({ jobName }) => jobName),
    text("incident", ({ kind }) => kind),
    minute("open since", ({ openedAt }) => openedAt),
    age("last alert", ({ lastAlertedAt }) => lastAlertedAt),
    text("seen", ({ occurrences }) => `${formatNumber(occurrences)} ×`, {
      align: "right",
    }),
    ...ifRoom(
      number("reminders", ({ reminders }) => reminders),
      age("opened", ({ openedAt }) => openedAt),
    ),
  ], incidents);
}
