import type { Rendering } from "../names/project_names.ts";
import type { Facts } from "../preflight/facts.ts";
import type { State } from "../project/state.ts";
import type { Session } from "../session.ts";
import { checkZone, type InstallOptions } from "./options.ts";
import { columnsOf } from "./plan.ts";

/** The zone for agencies without one: given, kept, or asked for. */
export function zoneFor(
  session: Session,
  state: State,
  { defaultTimezone }: InstallOptions,
  facts: Facts | null,
): string | null {
  const given = defaultTimezone ?? state.defaultTimezone;
  if (given !== undefined) return given;
  if (state.complete) return null;
  const agencies = facts?.tables.agencies;
  if (agencies?.columns.timezone !== undefined) return null;
  if (session.dryRun) {
    session.say(
      "The zone of agencies without one will be asked for: --default-timezone.",
    );
    return null;
  }
  const zone = session.askFor(
    agencies?.exists
      ? "In which time zone do your agencies live, until you set another for each " +
        "(an IANA name, such as Europe/Berlin)?"
      : "Which time zone do agencies have where nothing else is set (an IANA name, " +
        "such as Europe/Berlin)?",
    "--default-timezone",
  );
  return checkZone(zone);
}

/** What an uninstallation needs to know of the time before. */
export function broughtAlong(
  facts: Facts | null,
  state: State,
): Pick<State, "extensions" | "values"> {
  if (facts === null || state.complete) return state;
  return {
    extensions: ["pg_cron", "http"]
      .filter((name) => (facts.extensions[name] ?? null) === null),
    values: facts.refused.filter(({ kind }) => kind === "enum")
      .map(({ name, word }) => `${name}: ${word}`),
  };
}

/** The columns of mapped tables, now or when they were looked at. */
export function columnSets(
  facts: Facts | null,
  state: State,
  map: Rendering["map"],
): Map<string, Set<string>> {
  const columns = facts === null ? state.columns : columnsOf(facts, { map });
  return new Map(
    Object.entries(columns).map(([table, names]) => [table, new Set(names)]),
  );
}
