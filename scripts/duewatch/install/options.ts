import type { Command } from "commander";
import type { CommonOptions } from "../common_options.ts";
import { DuewatchError } from "../errors.ts";
import { type MapEntries, readMapOption } from "../names/name_map.ts";
import type { DatabaseOptions } from "../preflight/database.ts";

/** What `duewatch install` is given. */
export interface InstallOptions extends CommonOptions, DatabaseOptions {
  readonly defaultTimezone?: string;
  readonly map?: MapEntries;
  readonly rehearsal?: boolean;
}

/** Adds the options that choose a database to look at. */
export function withDatabaseOptions(command: Command): Command {
  return command
    .option(
      "--db-url <url>",
      "address of the project's database (default: DUEWATCH_DB_URL)",
      checkDbUrl,
    )
    .option("--linked", "the hosted project that supabase link has linked")
    .option("--project-ref <ref>", "the hosted project with this ref")
    .option(
      "--profile <file>",
      "profile of the Supabase CLI, for another Management API",
    );
}

/** @throws DuewatchError when it is empty, as `"$NAME"` without that variable. */
function checkDbUrl(url: string): string {
  if (url.trim() !== "") return url.trim();
  throw new DuewatchError("--db-url is empty. Is the variable set?");
}

/** Collects `--map`, which may be given many times. */
export function collectMap(text: string, former: MapEntries = {}): MapEntries {
  const [ours, theirs] = readMapOption(text);
  return { ...former, [ours]: theirs };
}

/** @throws DuewatchError when nobody knows a zone of this name. */
export function checkZone(zone: string): string {
  try {
    new Intl.DateTimeFormat("en", { timeZone: zone });
    if (/^[A-Za-z]+(?:[/_+-][A-Za-z0-9_+-]+)*$/.test(zone)) return zone;
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
  }
  throw new DuewatchError(
    `"${zone}" is not the name of a time zone. Use an IANA name, such as ` +
      "Europe/Berlin or America/New_York.",
  );
}
