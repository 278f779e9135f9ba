import { join } from "node:path";

const PACKAGE = "package.json";
const LOCK = "package-lock.json";
const FUNCTION = "supabase/schemas/jobs/install/version.sql";
const EDGE_FUNCTIONS = "supabase/functions/_shared/version.ts";

/** The places that say which version a checkout is, and what they say. */
export async function readVersions(
  repoDir: string,
): Promise<Map<string, string>> {
  const [packageText, lockText, functionText, edgeText] = await Promise.all(
    [PACKAGE, LOCK, FUNCTION, EDGE_FUNCTIONS].map((path) =>
      Deno.readTextFile(join(repoDir, path))
    ),
  );
  const versionOf = (text: string) =>
    (JSON.parse(text) as { version: string }).version;
  return new Map([
    [PACKAGE, versionOf(packageText)],
    [LOCK, versionOf(lockText)],
    [EDGE_FUNCTIONS, /VERSION = "(.*)";$/m.exec(edgeText)?.[1] ?? "nothing"],
    [FUNCTION, /^ {2}select '(.*)';$/m.exec(functionText)?.[1] ?? "nothing"],
  ]);
}
