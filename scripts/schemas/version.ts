import { join } from "node:path";

const PACKAGE = "package.json";
const FUNCTION = "supabase/schemas/jobs/install/version.sql";

/** The places that say which version a checkout is, and what they say. */
export async function readVersions(
  repoDir: string,
): Promise<Map<string, string>> {
  const [packageText, functionText] = await Promise.all(
    [PACKAGE, FUNCTION].map((path) => Deno.readTextFile(join(repoDir, path))),
  );
  return new Map([
    [PACKAGE, (JSON.parse(packageText) as { version: string }).version],
    [FUNCTION, /^ {2}select '(.*)';$/m.exec(functionText)?.[1] ?? "nothing"],
  ]);
}
