import { join } from "node:path";

/** The configuration that the Supabase CLI reads. */
export function configFile(repoDir: string): string {
  return join(repoDir, "supabase", "config.toml");
}

/** Whether a function has a section in the configuration. */
export function hasSection(config: string, name: string): boolean {
  const header = new RegExp(
    String.raw`^\s*\[functions\.(["']?)${name}\1\]`,
    "m",
  );
  return header.test(config);
}

/** Adds the section of a job to the configuration. */
export function withSection(config: string, name: string): string {
  return `${config.trimEnd()}

[functions.${name}]
enabled = true
verify_jwt = false
import_map = "./functions/${name}/deno.json"
entrypoint = "./functions/${name}/index.ts"
`;
}
