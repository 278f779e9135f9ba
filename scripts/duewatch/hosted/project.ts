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
  /** The address of a database that has to be this project's. */
  readonly dbUrl?: string;
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
 * @throws DuewatchError when there is none, it is no ref of a project, or the
 *   database belongs to another one.
 */
export async function findHosted(
  dir: string,
  { projectRef, profile, dbUrl }: HostedOptions,
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
  const ofDatabase = refOfDatabase(dbUrl);
  if (ofDatabase !== null && ofDatabase !== ref) {
    throw new DuewatchError(
      `The database belongs to the project ${ofDatabase}, and ${ref} is named or ` +
        "linked here. Name the same project twice.",
      1,
    );
  }
  return { ref, dir, profile };
}

/** @returns the ref that the address of a hosted database holds. */
export function refOfDatabase(dbUrl: string | undefined): string | null {
  if (dbUrl === undefined || !URL.canParse(dbUrl)) return null;
  const { hostname, username } = new URL(dbUrl);
  return /^db\.([a-z]{20})\.supabase\.co$/.exec(hostname)?.[1] ??
    /^\w+\.([a-z]{20})$/.exec(username)?.[1] ?? null;
}
