import { join } from "node:path";
import { z } from "zod";
import { readIfExists } from "../../stack/files.ts";
import { DuewatchError } from "../errors.ts";
import { mapEntries } from "../names/name_map.ts";
import type { Project } from "./project.ts";

/** The file that stays with the project and says what Duewatch put there. */
export const STATE_FILE = "duewatch.json";

const state = z.object({
  /** The version whose files are there; missing before the first install. */
  version: z.string().optional(),
  /** Whether every file of that version was written. */
  complete: z.boolean().default(false),
  /** The zone that agencies without one were given. */
  defaultTimezone: z.string().optional(),
  /** Our names, and those of the project. */
  map: mapEntries.default({}),
  /** The columns that mapped tables had, by our name of the table. */
  columns: z.record(z.string(), z.array(z.string())).default({}),
  /** The columns of the views with our names, in their order. */
  views: z.record(z.string(), z.array(z.string())).default({}),
  /** The digest of each file, by its path in `supabase/`. */
  files: z.record(z.string(), z.string()).default({}),
  /** The folders in `supabase/` that were created for them. */
  folders: z.array(z.string()).default([]),
  /** The extensions that the database did not have before. */
  extensions: z.array(z.string()).default([]),
  /** The values that were added to enums, which cannot be taken out. */
  values: z.array(z.string()).default([]),
  /** What was added at the end of config.toml. */
  config: z.string().default(""),
}).strict();

/** What Duewatch knows about a project in which it is installed. */
export type State = z.infer<typeof state>;

/**
 * Reads what `supabase/duewatch.json` says.
 *
 * @returns an empty state where there is none.
 * @throws DuewatchError when the file cannot be understood.
 */
export async function readState({ supabaseDir }: Project): Promise<State> {
  const text = await readIfExists(join(supabaseDir, STATE_FILE));
  if (text === null) return state.parse({});
  try {
    return state.parse(JSON.parse(text));
  } catch (error) {
    const reason = error instanceof z.ZodError
      ? error.issues.map(({ path, message }) =>
        `${path.join(".") || "it"}: ${message}`
      ).join("; ")
      : (error as Error).message;
    throw new DuewatchError(
      `supabase/${STATE_FILE} cannot be read: ${reason}. Correct it, or ` +
        "restore it from your repository.",
      1,
    );
  }
}

/** @returns the text of the file. */
export function stateText(value: State): string {
  return `${JSON.stringify(state.parse(value), null, 2)}\n`;
}
