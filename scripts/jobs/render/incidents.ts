import { singleLine } from "../../../supabase/functions/_shared/text.ts";
import { inFigures } from "../../../supabase/functions/_shared/wording.ts";
import { formatTable } from "../../stack/table.ts";
import type { Incident } from "../api/answers.ts";
import { age } from "../text/age.ts";
import { toTheMinute } from "./instants.ts";
import type { View } from "./view.ts";

/** @returns the open incidents, and when each was last alerted. */
export function formatIncidents(
  incidents: readonly Incident[],
  view: View,
): string {
  if (incidents.length === 0) return "No incident is open.";
  const { now, width: maxWidth } = view;
  return formatTable<Incident>(
    [
      { title: "job", value: ({ jobName }) => singleLine(jobName) },
      { title: "incident", value: ({ kind }) => singleLine(kind) },
      {
        title: "open since (UTC)",
        value: ({ openedAt }) => toTheMinute(openedAt),
      },
      {
        title: "last alert",
        value: ({ lastAlertedAt }) => age(lastAlertedAt, now),
      },
      {
        title: "seen",
        align: "right",
        value: ({ occurrences }) => `${inFigures(occurrences)} ×`,
      },
      {
        title: "reminders",
        align: "right",
        value: ({ reminders }) => inFigures(reminders),
        whenNarrow: "drop",
      },
      {
        title: "opened",
        value: ({ openedAt }) => age(openedAt, now),
        whenNarrow: "drop",
      },
    ],
    incidents,
    { maxWidth },
  );
}
