import { join } from "node:path";
import { parseEnv } from "node:util";
import { functionNames } from "../../functions/catalog.ts";
import { exists, readIfExists } from "../../stack/files.ts";
import { DuewatchError } from "../errors.ts";
import { findHosted, type HostedProject } from "../hosted/project.ts";
import type { DatabaseOptions } from "../preflight/database.ts";
import type { Project } from "../project/project.ts";
import type { Session } from "../session.ts";

/** Where a project is deployed to. */
export interface Destination {
  readonly hosted: HostedProject;
  /** Where its functions answer. */
  readonly functionsUrl: string;
}

/**
 * Finds the hosted project.
 *
 * @throws DuewatchError when none is named, or the database is another one's.
 */
export async function findDestination(
  { dir }: Project,
  { functionsUrl, ...options }: DatabaseOptions & {
    readonly functionsUrl?: string;
  },
): Promise<Destination> {
  const hosted = await findHosted(dir, options);
  return {
    hosted,
    functionsUrl: functionsUrl ??
      `https://${hosted.ref}.supabase.co/functions/v1`,
  };
}

/** The functions of Duewatch that the project's folder holds. */
export async function functionsToDeploy(
  { packageDir }: Session,
  { supabaseDir }: Project,
): Promise<string[]> {
  const names: string[] = [];
  for (const name of await functionNames(packageDir)) {
    if (await exists(join(supabaseDir, "functions", name, "index.ts"))) {
      names.push(name);
    }
  }
  if (names.includes("check-job-health")) return names;
  throw new DuewatchError(
    `${supabaseDir} does not hold the functions of Duewatch. First: npx duewatch install`,
    1,
  );
}

// They are made and rotated by Duewatch itself.
const OWN = ["JOBS_API_KEY", "JOBS_READ_KEY"];

/**
 * Reads the file with secrets of the functions.
 *
 * @throws DuewatchError when others can read it, or it holds what it must not.
 */
export async function readSecretsFile(
  path: string | undefined,
): Promise<Record<string, string>> {
  if (path === undefined) return {};
  const text = await readIfExists(path);
  if (text === null) throw new DuewatchError(`There is no file ${path}.`);
  const { mode } = await Deno.stat(path);
  if (((mode ?? 0) & 0o077) !== 0) {
    throw new DuewatchError(
      `Others can read ${path}, which holds secrets. First: chmod 600 ${path}`,
      1,
    );
  }
  const secrets = parseEnv(text) as Record<string, string>;
  for (const name of Object.keys(secrets)) {
    if (name.startsWith("SUPABASE_")) {
      throw new DuewatchError(
        `${path} sets ${name}: the platform sets what begins with SUPABASE_ itself.`,
        1,
      );
    }
    if (OWN.includes(name)) {
      throw new DuewatchError(
        `${path} sets ${name}: \`npx duewatch deploy\` makes that key, and \`npx duewatch keys\` rotates it.`,
        1,
      );
    }
  }
  return secrets;
}

const IN_VAULT = /^(?:functions_url|jobs_api_key)\s*=/;

/**
 * Takes our settings out of `[db.vault]`, where each push would write them
 * again. All else stays as it is.
 */
export function withoutVaultSettings(config: string): string {
  const lines = config.split("\n");
  const start = lines.findIndex((line) => /^\s*\[db\.vault\]/.test(line));
  if (start < 0) return config;
  const length = lines.slice(start + 1)
    .findIndex((line) => /^\s*\[/.test(line));
  const end = length < 0 ? lines.length : start + 1 + length;
  const section = lines.slice(start + 1, end);
  const kept = section.filter((line) => !IN_VAULT.test(line.trim()));
  if (kept.length === section.length) return config;
  const isEmpty = kept.every((line) => line.trim() === "");
  return [
    ...lines.slice(0, start),
    ...isEmpty ? [] : [lines[start], ...kept],
    ...lines.slice(end),
  ].join("\n");
}
