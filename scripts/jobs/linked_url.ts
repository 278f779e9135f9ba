import { linkedRef } from "../duewatch/hosted/project.ts";
import { JobsError } from "./errors.ts";

/**
 * Finds out the address of the project that the Supabase CLI has linked.
 *
 * @param cwd a folder with `supabase/`.
 * @throws {JobsError} when none is linked there.
 */
export async function linkedUrl(cwd: string): Promise<string> {
  const ref = await linkedRef(cwd) ?? "";
  if (/^[a-z]{20}$/.test(ref)) return `https://${ref}.supabase.co`;
  throw new JobsError(
    `No project is linked in ${cwd}. Link it with npx supabase link, or name ` +
      "its address with --url.",
  );
}

/**
 * @returns the address that the options name; undefined when they name none.
 * @throws {JobsError} when they name two, or none is linked.
 */
export async function urlOf(
  { url, linked }: { readonly url?: string; readonly linked?: boolean },
  cwd: string,
): Promise<string | undefined> {
  if (url !== undefined && linked) {
    throw new JobsError("Give --url or --linked, not both.");
  }
  return linked ? await linkedUrl(cwd) : url;
}
