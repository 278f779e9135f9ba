import { join } from "node:path";

const SERVE_JOB = "/jobs/serve-job.ts";

/** Where the Edge Functions are, in a checkout. */
export function functionsDir(repoDir: string): string {
  return join(repoDir, "supabase", "functions");
}

/** The names of all Edge Functions of a checkout, which are their folders'. */
export async function functionNames(repoDir: string): Promise<string[]> {
  const entries = await Array.fromAsync(Deno.readDir(functionsDir(repoDir)));
  return entries
    .filter(({ name, isDirectory }) => isDirectory && !name.startsWith("_"))
    .map(({ name }) => name)
    .sort();
}

/** The Edge Functions that are jobs: their `index.ts` serves one. */
export async function jobNames(repoDir: string): Promise<string[]> {
  const names = await functionNames(repoDir);
  const isJob = await Promise.all(names.map(async (name) => {
    const index = join(functionsDir(repoDir), name, "index.ts");
    return (await Deno.readTextFile(index)).includes(SERVE_JOB);
  }));
  return names.filter((_, number) => isJob[number]);
}
