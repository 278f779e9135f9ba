import { z } from "zod";
import { multiLine } from "../../../supabase/functions/_shared/truncate.ts";
import { formatNumber } from "../../../supabase/functions/_shared/format.ts";
import { formatFacts } from "../../stack/facts.ts";
import type { Run } from "../api/answers.ts";
import { wrap } from "../text/wrap.ts";
import { tableOf } from "./columns.ts";
import { withAge } from "./instants.ts";
import { failedItemText, runFacts } from "./run_facts.ts";
import { heading, inParts, paintStatus, type View } from "./view.ts";

// What jobs that work through agencies leave in their metadata.
const agencyChange = z.object({
  agency_id: z.string(),
  updated_count: z.number(),
  transitions: z.record(z.string(), z.number()).default({}),
});

const metadataOfRun = z.looseObject({ agencies: z.array(agencyChange) });

/** @returns everything that is logged of a run. */
export function formatRun(run: Run, view: View): string {
  const { agencies, rest } = splitMetadata(run.metadata);
  return inParts(
    formatRunFacts(run, view),
    formatFailedItems(run.errors, view),
    formatAgencies(agencies, view),
    formatMetadata(rest, view),
  );
}

function formatRunFacts(run: Run, view: View): string {
  return formatFacts(
    runFacts(run).map(([name, value]) =>
      name === "status"
        ? [name, paintStatus(run.status, view)]
        : name === "started"
        ? [name, withAge(run.startedAt, view.now)]
        : [name, value]
    ),
  );
}

function formatFailedItems(errors: readonly unknown[], view: View): string {
  if (errors.length === 0) return "";
  const items = errors.map((error) =>
    wrap(failedItemText(error), view.width, "  ")
  );
  return [heading("Failed items", view), ...items].join("\n");
}

function formatAgencies(
  agencies: readonly z.output<typeof agencyChange>[],
  view: View,
): string {
  if (agencies.length === 0) return "";
  const { text, number, format } = tableOf<z.output<typeof agencyChange>>(view);
  const table = format([
    text("agency", ({ agency_id }) => agency_id),
    number("updated", ({ updated_count }) => updated_count),
    text("transitions", transitionsOf),
  ], agencies);
  return `${heading("Agencies", view)}\n${table}`;
}

function transitionsOf(
  { transitions }: z.output<typeof agencyChange>,
): string {
  return Object.entries(transitions)
    .map(([name, count]) => `${name} ${formatNumber(count)}`)
    .join(", ");
}

function formatMetadata(metadata: unknown, view: View): string {
  const isEmpty = metadata === null ||
    typeof metadata === "object" && Object.keys(metadata).length === 0;
  return isEmpty
    ? ""
    : `${heading("Metadata", view)}\n${
      multiLine(JSON.stringify(metadata, null, 2))
    }`;
}

function splitMetadata(metadata: unknown) {
  const { data } = metadataOfRun.safeParse(metadata);
  if (data === undefined) return { agencies: [], rest: metadata };
  const { agencies, ...rest } = data;
  return { agencies, rest };
}
