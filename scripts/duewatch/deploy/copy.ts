import { z } from "zod";
import { literal } from "../names/tokens.ts";
import type { ProjectDatabase } from "../preflight/database.ts";
import type { Destination } from "./plan.ts";

const held = z.object({
  code: z.string().nullable(),
  functionsUrl: z.string().nullable(),
});

/**
 * Finds out whether a database is a copy of another project's: a branch with
 * data, or a backup that was restored into a new project.
 *
 * @returns whose copy it is, in words; null when it is none, or an older
 *   Duewatch is in it.
 */
export async function copyOf(
  database: ProjectDatabase,
  destination: Destination,
): Promise<string | null> {
  const canDisarm = z.boolean().parse(
    await database.read(
      "select to_regprocedure('jobs.disarm(text,text,timestamptz)') is not null",
    ),
  );
  if (!canDisarm) return null;
  const { code, functionsUrl } = held.parse(
    await database.read(`
      select jsonb_build_object(
        'code', state.code,
        'functionsUrl', case when state.code is null then jobs.setting('functions_url') end
      )
      from jobs.setting_state('functions_url') as state`),
  );
  // The secrets were stored under the root key of another project.
  if (code === "setting_unreadable") return "another project";
  return otherProject(functionsUrl, destination.hosted.ref);
}

/**
 * @returns the project that an address of functions belongs to, in words, when it
 *   is another one than `ref`; null where the address does not say.
 */
export function otherProject(
  functionsUrl: string | null,
  ref: string,
): string | null {
  const other = /^https:\/\/([a-z]{20})\.supabase\.(?:co|red|in)(?:[:/]|$)/
    .exec(functionsUrl ?? "")?.[1] ??
    /^https:\/\/([a-z]{20})\.functions\.supabase\.co(?:[:/]|$)/
      .exec(functionsUrl ?? "")?.[1];
  return other === undefined || other === ref ? null : `the project ${other}`;
}

/** Makes a copy harmless: every job is paused, and the settings go. */
export async function disarm(
  database: ProjectDatabase,
  original: string,
): Promise<void> {
  const reason =
    `This database is a copy of ${original}. Resume the jobs that it is to run.`;
  await database.change(
    `select jobs.disarm(${literal(reason)}, 'duewatch deploy')`,
  );
}
