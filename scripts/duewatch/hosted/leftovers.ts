import { z } from "zod";
import { KINDS, NAMES } from "../keys/kinds.ts";
import type { Session } from "../session.ts";
import type { HostedProject } from "./project.ts";
import { runCli } from "./supabase_cli.ts";

/** What a deployment has left beside the database. */
export interface HostedLeftovers {
  /** The functions of Duewatch that are deployed. */
  readonly functions: readonly string[];
  /** Its keys, by the names of the secrets. */
  readonly secrets: readonly string[];
}

const KEYS = KINDS.map((kind) => NAMES[kind].variable);

/** Looks for functions and keys of Duewatch in a hosted project. */
export async function findLeftovers(
  session: Session,
  project: HostedProject,
  functions: readonly string[],
): Promise<HostedLeftovers> {
  const list = async (what: string) =>
    z.array(z.looseObject({ name: z.string() })).parse(JSON.parse(
      await runCli(session, project, `list the ${what}`, [
        what,
        "list",
        "--output=json",
        `--remote=${project.ref}`,
      ]),
    )).map(({ name }) => name);
  const [deployed, secrets] = [await list("functions"), await list("secrets")];
  return {
    functions: functions.filter((name) => deployed.includes(name)),
    secrets: KEYS.filter((name) => secrets.includes(name)),
  };
}

/**
 * Deletes functions and keys.
 *
 * @returns what was done, a sentence each.
 */
export async function removeLeftovers(
  session: Session,
  project: HostedProject,
  { functions, secrets }: HostedLeftovers,
): Promise<string[]> {
  const target = `--remote=${project.ref}`;
  for (const name of functions) {
    await runCli(session, project, `delete the function ${name}`, [
      "functions",
      "delete",
      name,
      target,
    ]);
  }
  if (secrets.length > 0) {
    await runCli(session, project, "unset the keys of the functions", [
      "secrets",
      "unset",
      ...secrets,
      target,
    ]);
  }
  return [
    ...functions.length === 0
      ? []
      : [`Deleted ${functions.length} functions of ${project.ref}.`],
    ...secrets.length === 0
      ? []
      : [`Unset the secrets ${secrets.join(" and ")}.`],
  ];
}
