import { reloadFunctions } from "../../stack/gateway_process.ts";
import { readKeys, writeKeys } from "../../stack/keys.ts";
import { statePaths } from "../../stack/state_dir.ts";
import type { LocalStack } from "../doctor/target.ts";
import { DuewatchError } from "../errors.ts";
import type { HostedProject } from "../hosted/project.ts";
import { runCli } from "../hosted/supabase_cli.ts";
import type { Session } from "../session.ts";
import { type Kind, NAMES } from "./kinds.ts";

/** Where the functions get their keys from. */
export interface KeyHolder {
  readonly name: string;
  /** How often in a row a key has to be accepted until it surely is. */
  readonly timesInARow: number;
  /** Lets the functions accept exactly these keys; the first is the current one. */
  accept(kind: Kind, keys: readonly string[]): Promise<void>;
}

/** The functions of a local stack, which read its file of keys. */
export function localHolder({ config }: LocalStack): KeyHolder {
  return {
    name: "the functions of this stack",
    // Only a new process accepts a new key, and it has replaced the old one.
    timesInARow: 1,
    async accept(kind, [first, ...others]) {
      const { keysFile } = statePaths(config);
      const keys = await readKeys(keysFile);
      if (keys === null) throw new DuewatchError("The stack has no keys.");
      const changed = kind === "job"
        ? { jobsApiKey: first, otherJobKeys: others }
        : { readKey: first, otherReadKeys: others };
      await writeKeys(keysFile, { ...keys, ...changed });
      if (!await reloadFunctions(config)) {
        throw new DuewatchError("The stack does not run: npm start");
      }
    },
  };
}

/** The functions of a hosted project, whose secrets the CLI sets. */
export function hostedHolder(
  session: Session,
  project: HostedProject,
): KeyHolder {
  return {
    name: `the functions of ${project.ref}`,
    timesInARow: 3,
    accept: (kind, keys) =>
      setSecrets(session, project, { [NAMES[kind].variable]: keys.join(",") }),
  };
}

/**
 * Sets secrets of the functions of a hosted project. They travel in a file of
 * mode 600 that exists as long as the CLI reads it.
 *
 * @throws DuewatchError with what the CLI says.
 */
export async function setSecrets(
  session: Session,
  project: HostedProject,
  secrets: Readonly<Record<string, string>>,
): Promise<void> {
  const file = await Deno.makeTempFile({ suffix: ".env" });
  try {
    await Deno.chmod(file, 0o600);
    await Deno.writeTextFile(
      file,
      Object.entries(secrets)
        .map(([name, value]) => `${name}=${JSON.stringify(value)}\n`)
        .join(""),
    );
    await runCli(session, project, "set secrets of the functions", [
      "secrets",
      "set",
      `--env-file=${file}`,
      `--remote=${project.ref}`,
    ]);
  } finally {
    await Deno.remove(file);
  }
}
