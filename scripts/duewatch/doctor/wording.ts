import { join, relative } from "node:path";
import type { Fault } from "./fault.ts";

/** Where the person who reads the report is, and what was examined. */
export interface Place {
  /** The folder that the person is in. */
  readonly cwd: string;
  /** The checkout, or the npm package. */
  readonly packageDir: string;
  /** Whether the project is the checkout itself. */
  readonly isCheckout: boolean;
  /** The options that named the installation. */
  readonly named:
    | { readonly by: "local stack" }
    | { readonly by: "link" }
    | { readonly by: "ref"; readonly ref: string }
    | {
      readonly by: "address";
      /** As the person can type it, without the password. */
      readonly option: string;
      /** The hosted project whose database it is; null for other databases. */
      readonly ref: string | null;
    };
}

const SELF_HOSTED = "docs/how-to/install.md#quick-start-self-hosted";
const ROTATE_BY_HAND = "docs/how-to/rotate-keys.md#self-hosted";

/**
 * Writes a fault for the person who reads it: its command can be copied and
 * means the installation that was examined, and its pages can be opened.
 */
export function worded(fault: Fault, place: Place): Fault {
  const spoken = commandFor(fault.command, place);
  const todo = spoken.page === null
    ? fault.todo
    : `${fault.todo} See ${spoken.page}.`;
  return {
    ...fault,
    todo: withPages(todo, place),
    command: spoken.command,
  };
}

/** @returns a text whose pages have paths that the person can open. */
export function withPages(text: string, { cwd, packageDir }: Place): string {
  return text.replace(/\bdocs\/(?:[\w-]+\/)*[\w-]+\.md/g, (page) => {
    const path = join(packageDir, page);
    const near = relative(cwd, path);
    return near.startsWith("..") ? path : near;
  });
}

/** @returns how a command of duewatch is typed, for that installation. */
export function duewatchCommand(line: string, place: Place): string {
  const program = place.isCheckout ? "npm run duewatch --" : "npx duewatch";
  const { named } = place;
  const options = line.startsWith("jobs ") || named.by === "local stack"
    ? ""
    : named.by === "link"
    ? " --linked"
    : named.by === "ref"
    ? ` --project-ref ${named.ref}`
    : named.option;
  const [words, remark] = line.split(/(?= {4})/);
  return `${program} ${words}${options}${remark ?? ""}`;
}

interface Spoken {
  readonly command: string;
  /** A page to follow, where no command does it. */
  readonly page: string | null;
}

function commandFor(command: string, place: Place): Spoken {
  const { named } = place;
  const isElsewhere = named.by === "address" && named.ref === null;
  const [, line] = /^(?:npx )?duewatch (.*)$/.exec(command) ?? [];
  if (line !== undefined) {
    return isElsewhere && line.startsWith("keys ")
      ? { command: "", page: ROTATE_BY_HAND }
      : { command: duewatchCommand(line, place), page: null };
  }
  const [, before, after] =
    /^(npx supabase (?:db push|migration) ?.*--remote)(.*)$/.exec(command) ??
      [];
  if (before !== undefined) {
    if (named.by === "local stack" && command.includes(" db push ")) {
      return { command: "npm start", page: null };
    }
    const target = named.by === "ref"
      ? `=${named.ref}`
      : named.by === "address"
      ? '="$DUEWATCH_DB_URL"'
      : "";
    return { command: `${before}${target}${after}`, page: null };
  }
  if (command.startsWith("npx supabase functions deploy")) {
    if (named.by === "local stack") return { command: "", page: null };
    if (isElsewhere) return { command: "", page: SELF_HOSTED };
    const ref = named.by === "link" ? null : named.ref;
    return {
      command: `${command} --use-api --remote${ref === null ? "" : `=${ref}`}`,
      page: null,
    };
  }
  return { command, page: null };
}
