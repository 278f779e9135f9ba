import { functionNames } from "../../functions/catalog.ts";
import type { Outcome } from "../command.ts";
import type { CommonOptions } from "../common_options.ts";
import { readSettings } from "../doctor/facts.ts";
import { type Target, withTarget } from "../doctor/target.ts";
import { DuewatchError } from "../errors.ts";
import { findHosted, linkedRef } from "../hosted/project.ts";
import type { DatabaseOptions } from "../preflight/database.ts";
import type { Session } from "../session.ts";
import { hostedHolder, type KeyHolder, localHolder } from "./holder.ts";
import { type Kind, KINDS } from "./kinds.ts";
import { listKeys } from "./list.ts";
import { rotate } from "./rotate.ts";
import { readRotation } from "./vault.ts";

/** What `duewatch keys` is given. */
export interface KeysOptions extends CommonOptions, DatabaseOptions {
  readonly project?: string;
  readonly finish?: boolean;
  readonly wait?: boolean;
}

/** Lists, shows or rotates the keys of an installation. */
export async function runKeys(
  session: Session,
  [action, kind]: readonly string[],
  options: KeysOptions,
): Promise<Outcome> {
  return await withTarget(
    session,
    { ...options, folder: options.project ?? "." },
    async (target) => {
      const functions = await functionNames(session.packageDir);
      if (action === "list") return await listKeys(session, target, functions);
      if (action === "show") return await show(session, target, kind as Kind);
      const outcomes: Outcome[] = [];
      for (const each of kind === undefined ? KINDS : [kind as Kind]) {
        outcomes.push(
          await rotate({
            session,
            target,
            holder: await holderOf(session, target, options),
            kind: each,
            functions,
            finish: options.finish ?? false,
            wait: options.wait ?? false,
          }),
        );
      }
      return {
        did: outcomes.flatMap(({ did }) => did),
        next: outcomes.flatMap(({ next = [] }) => next),
        data: { rotated: outcomes.map(({ data }) => data) },
      };
    },
  );
}

/** Writes a key to standard output, for a file or another program. */
async function show(
  session: Session,
  { database, local }: Target,
  kind: Kind | undefined,
): Promise<Outcome> {
  if (kind === undefined) {
    throw new DuewatchError("Which key: npx duewatch keys show job|read");
  }
  if (session.terminal.isInteractive) {
    throw new DuewatchError(
      `A key is not for the screen. Write it to a file: (umask 077; npx duewatch keys show ${kind} > ${kind}-key)`,
      1,
    );
  }
  const { current } = await readRotation(database, kind);
  const value = current?.value ??
    (kind === "read" ? local?.keys.readKey : null);
  if (value == null) {
    throw new DuewatchError(`Vault holds no ${kind} key.`, 1);
  }
  session.terminal.write(`${value}\n`);
  return { did: [], silent: true };
}

async function holderOf(
  session: Session,
  { database, local, project }: Target,
  { projectRef, linked, profile, dbUrl }: KeysOptions,
): Promise<KeyHolder> {
  if (local !== null) return localHolder(local);
  const dir = project?.dir ?? session.cwd;
  const { functionsUrl } = await readSettings(database);
  const ref = projectRef ?? (linked ? null : refOf(functionsUrl.value)) ??
    await linkedRef(dir);
  if (ref !== null) {
    return hostedHolder(
      session,
      await findHosted(dir, { projectRef: ref, profile, dbUrl }),
    );
  }
  throw new DuewatchError(
    "Which project do the functions belong to? Use --project-ref, or link the " +
      "folder: npx supabase link. Keys of a self-hosted project: docs/how-to/rotate-keys.md.",
    1,
  );
}

function refOf(functionsUrl: string | null): string | null {
  return /^https:\/\/([a-z]{20})\.supabase\.co\//.exec(functionsUrl ?? "")
    ?.[1] ??
    null;
}
