import { z } from "zod";
import type { HostedLeftovers } from "../hosted/leftovers.ts";
import type { HostedProject } from "../hosted/project.ts";
import type { Project } from "../project/project.ts";
import type { State } from "../project/state.ts";

/** What `leftovers.sql` answers. */
export const leftovers = z.object({
  is_installed: z.boolean(),
  /** Whether there is a schema `jobs`, Duewatch's or another's. */
  has_schema: z.boolean(),
  runs: z.coerce.number(),
  added: z.array(z.string()),
  secrets: z.array(z.string()),
  entries_of_others: z.number(),
  extensions: z.array(z.string()),
});

/** What an uninstallation finds in a database. */
export type Leftovers = z.infer<typeof leftovers>;

/** A hosted project, and what is deployed there. */
export interface Deployed extends HostedLeftovers {
  readonly project: HostedProject;
}

/** What an uninstallation finds in a folder. */
export interface FolderContent {
  readonly project: Project;
  readonly state: State;
  /** As we wrote them. */
  readonly ours: readonly string[];
  /** Not as we wrote them. */
  readonly edited: readonly string[];
  /** Those that go when nothing else is in them. */
  readonly folders: readonly string[];
}

/** Extensions that came with Duewatch and that nobody else uses. */
export function extensionsToDrop(
  { extensions }: State,
  found: Leftovers,
): string[] {
  return extensions.filter((name) =>
    found.extensions.includes(name) &&
    (name !== "pg_cron" || found.entries_of_others === 0)
  );
}

/** The functions of Duewatch that the folder has, or had. */
export function functionsOf({ ours, state }: FolderContent): string[] {
  const names = [...Object.keys(state.files), ...ours].flatMap((path) =>
    /^functions\/([^_][^/]*)\//.exec(path)?.[1] ?? []
  );
  return [...new Set(names)];
}
