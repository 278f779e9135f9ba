import { join } from "node:path";
import { readIfExists } from "../../stack/files.ts";
import { DuewatchError } from "../errors.ts";

/** A project on supabase.com, as the Supabase CLI reaches it. */
export interface HostedProject {
  readonly ref: string;
  /** The folder that holds `supabase/`. */
  readonly dir: string;
  /** Another Management API: a profile file of the CLI. */
  readonly profile?: string;
}

/** What a person says about the project. */
export interface HostedOptions {
  readonly projectRef?: string;
  readonly profile?: string;
}

/** @returns the ref that `supabase link` has noted; null when there is none. */
export async function linkedRef(dir: string): Promise<string | null> {
  const text = await readIfExists(
    join(dir, "supabase", ".temp", "project-ref"),
  );
  return text?.trim() || null;
}

/**
 * Finds the project that is named, or else the one that the folder is linked
 * to.
 *
 * @throws DuewatchError when there is none, or it is no ref of a project.
 */
export async function findHosted(
  dir: string,
  { projectRef, profile }: HostedOptions,
): Promise<HostedProject> {
  const ref = projectRef ?? await linkedRef(dir);
  if (ref === null || ref === "") {
    throw new DuewatchError(
      `${dir} is not linked to a hosted project. Link it (npx supabase link ` +
        "--project-ref <ref>), or name the project: --project-ref <ref>",
    );
  }
  if (!/^[a-z]{20}$/.test(ref)) {
    throw new DuewatchError(
      `"${ref}" is not the ref of a project. A ref has 20 lowercase letters: ` +
        "it is in the project's address, https://<ref>.supabase.co.",
    );
  }
  return { ref, dir, profile };
}
