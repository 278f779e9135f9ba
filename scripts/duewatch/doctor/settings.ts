import { join } from "node:path";
import { parse } from "smol-toml";
import { readIfExists } from "../../stack/files.ts";
import { stackUrls } from "../../stack/stack.ts";
import { otherProject } from "../deploy/copy.ts";
import type { Project } from "../project/project.ts";
import type { Settings } from "./facts.ts";
import { type Fault, fault } from "./fault.ts";
import { fingerprint } from "./fingerprint.ts";
import type { LocalStack } from "./target.ts";

/** Judges the settings in Vault that the database calls the functions with. */
export function settingFaults(
  { functionsUrl, jobKey, readKey }: Settings,
  local: LocalStack | null,
  ref: string | null,
): Fault[] {
  const repair = local === null ? null : { kind: "local settings" } as const;
  const command = local === null ? "" : "npm start";
  const faults: Fault[] = [];
  if (functionsUrl.problem !== null) {
    faults.push(fault(
      functionsUrl.code ?? "setting_missing",
      `No job can start: ${functionsUrl.problem}.`,
      "Store the address of the project's functions in Vault.",
      {
        repair,
        command: command ||
          storing(
            "functions_url",
            "https://<project-ref>.supabase.co/functions/v1",
          ),
      },
    ));
  }
  if (jobKey.problem !== null) {
    faults.push(fault(
      jobKey.code ?? "setting_missing",
      `No job can start: ${jobKey.problem}.`,
      "Give the functions and Vault the same new key.",
      { repair, command: command || "npx duewatch keys rotate job" },
    ));
  }
  faults.push(...keyFaults({ jobKey, readKey }));
  const other = ref === null ? null : otherProject(functionsUrl.value, ref);
  if (other !== null) {
    faults.push(fault(
      "functions_url_differs",
      `functions_url in Vault belongs to ${other}, and this database to ${ref}: ` +
        "it calls the functions of another project.",
      "If this database is a copy, disarm it. If not, store its own address in Vault.",
      { command: "select jobs.disarm('<why>');" },
    ));
  }
  if (local === null) return faults;
  const url = stackUrls(local.config).functionsUrl;
  if (functionsUrl.value !== null && functionsUrl.value !== url) {
    faults.push(fault(
      "functions_url_differs",
      `functions_url in Vault is ${functionsUrl.value}, and this stack listens at ${url}.`,
      "Start the stack again: it stores its own address.",
      { repair, command },
    ));
  }
  const { jobsApiKey } = local.keys;
  if (jobKey.value !== null && jobKey.value !== jobsApiKey) {
    faults.push(fault(
      "keys_differ",
      `jobs_api_key in Vault (${
        fingerprint(jobKey.value)
      }) is not the job key of ` +
        `this stack (${fingerprint(jobsApiKey)}).`,
      "Start the stack again: it stores its own key.",
      { repair, command },
    ));
  }
  return faults;
}

/** Judges whether the key in Vault is one key, as the functions compare it. */
function keyFaults({ jobKey, readKey }: Pick<Settings, "jobKey" | "readKey">) {
  const key = jobKey.value;
  if (key === null) return [];
  const faults: Fault[] = [];
  const wrong = key.includes(",")
    ? "holds several keys, separated by commas: the database sends one"
    : /^(["'`]).*\1$/.test(key)
    ? "has quotes around it, and they are sent as part of the key"
    : /^[A-Z_]+=/.test(key)
    ? "begins with the name of a variable"
    : /\s/.test(key)
    ? "has white space in it"
    : null;
  if (wrong !== null) {
    faults.push(fault(
      "key_malformed",
      `jobs_api_key in Vault ${wrong}.`,
      "Give the functions and Vault the same new key.",
      { command: "duewatch keys rotate job" },
    ));
  }
  if (key === readKey) {
    faults.push(fault(
      "keys_equal",
      `The read key is the job key (${
        fingerprint(key)
      }): who may only look can start and stop jobs.`,
      "Make a new read key.",
      { severity: "warning", command: "duewatch keys rotate read" },
    ));
  }
  return faults;
}

function storing(name: string, value: string): string {
  return `delete from vault.secrets where name = '${name}'; ` +
    `select vault.create_secret('${value}', '${name}');`;
}

/** Judges what the project's config.toml would do at the next deployment. */
export async function configFaults(
  project: Project | null,
  functions: readonly string[],
): Promise<Fault[]> {
  if (project === null) return [];
  const path = join(project.supabaseDir, "config.toml");
  const text = await readIfExists(path);
  if (text === null) return [];
  const config = readToml(text);
  if (typeof config === "string") {
    return [
      fault(
        "config_unreadable",
        `supabase/config.toml cannot be read: ${config}.`,
        "Correct it: neither a push nor a deployment works before.",
      ),
    ];
  }
  const faults: Fault[] = [];
  for (const name of functions) {
    const section = config.functions?.[name];
    if (section?.verify_jwt !== false) {
      faults.push(fault(
        "verify_jwt",
        `supabase/config.toml does not say verify_jwt = false for the function ${name}.`,
        "Add it and deploy the function. The platform would refuse its keys.",
        { command: `[functions.${name}]\nverify_jwt = false` },
      ));
    }
  }
  const held = ["functions_url", "jobs_api_key"]
    .filter((name) => config.db?.vault?.[name] !== undefined);
  if (held.length > 0) {
    faults.push(fault(
      "vault_in_config",
      `[db.vault] in supabase/config.toml holds ${
        held.join(" and ")
      }: the next ` +
        "db push overwrites what is in Vault.",
      "Take the lines out. `npx duewatch deploy` and `npx duewatch keys` write to Vault.",
      { severity: "warning" },
    ));
  }
  return faults;
}

interface Config {
  readonly functions?: Readonly<
    Record<string, { readonly verify_jwt?: boolean }>
  >;
  readonly db?: { readonly vault?: Readonly<Record<string, unknown>> };
}

function readToml(text: string): Config | string {
  try {
    return parse(text) as Config;
  } catch (error) {
    return (error as Error).message.split("\n")[0];
  }
}
