import { join } from "node:path";
import { readIfExists } from "../../stack/files.ts";
import { waitFor } from "../../stack/wait.ts";

/** Sends a signal and waits until the process is gone. */
export async function killAndWait(
  pid: number,
  signal: Deno.Signal,
): Promise<void> {
  Deno.kill(pid, signal);
  await waitUntilGone(pid);
}

/** Waits until there is no process with this number. */
export async function waitUntilGone(pid: number): Promise<void> {
  const gone = await waitFor(
    async () => await isRunning(pid) ? undefined : true,
    20_000,
    20,
  );
  if (gone === undefined) throw new Error(`Process ${pid} is still running.`);
}

/**
 * Whether there is a process with this number. A zombie is none, unless it has
 * threads that are still ending: those keep its sockets open.
 */
export async function isRunning(pid: number): Promise<boolean> {
  const stat = await readProc(`${pid}/stat`);
  if (stat === null) return false;
  const [state] = fieldsOf(stat);
  const threads = Number(fieldsOf(stat)[17]);
  return state !== "Z" || threads > 1;
}

/** A process and all its descendants. */
export async function processTree(root: number): Promise<number[]> {
  const parents = new Map<number, number>();
  for (const { name } of Deno.readDirSync("/proc")) {
    const stat = /^\d+$/.test(name) ? await readProc(`${name}/stat`) : null;
    if (stat !== null) parents.set(Number(name), Number(fieldsOf(stat)[1]));
  }
  const tree = [root];
  for (const pid of tree) {
    for (const [child, parent] of parents) {
      if (parent === pid) tree.push(child);
    }
  }
  return tree;
}

/** The command line of every process on the machine that we may see. */
export async function commandLines(): Promise<string[]> {
  const texts = await Promise.all(
    [...Deno.readDirSync("/proc")]
      .filter(({ name }) => /^\d+$/.test(name))
      .map(({ name }) => readProc(`${name}/cmdline`)),
  );
  return texts.filter((text) => text !== null);
}

/** Where the processes listen, as `/proc/net/tcp` writes it: `0100007F:D431`. */
export async function listeningAddresses(
  pids: readonly number[],
): Promise<string[]> {
  const inodes = new Set(pids.flatMap(socketInodes));
  const tables = await Promise.all([
    readIfExists("/proc/net/tcp"),
    readIfExists("/proc/net/tcp6"),
  ]);
  const LISTEN = "0A";
  return tables
    .flatMap((table) => (table ?? "").split("\n").slice(1))
    .map((line) => line.trim().split(/\s+/))
    .filter((fields) => fields[3] === LISTEN && inodes.has(fields[9]))
    .map((fields) => fields[1]);
}

function socketInodes(pid: number): string[] {
  const folder = `/proc/${pid}/fd`;
  return [...Deno.readDirSync(folder)].flatMap(({ name }) => {
    const target = readLink(join(folder, name));
    return /^socket:\[(\d+)\]$/.exec(target)?.[1] ?? [];
  });
}

function readLink(path: string): string {
  try {
    return Deno.readLinkSync(path);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return "";
    throw error;
  }
}

async function readProc(path: string): Promise<string | null> {
  try {
    return await Deno.readTextFile(`/proc/${path}`);
  } catch (error) {
    // ESRCH: it ended between two looks at it.
    const isGone = error instanceof Deno.errors.NotFound ||
      (error instanceof Error && /ESRCH|No such process/.test(error.message));
    if (isGone) return null;
    throw error;
  }
}

// Behind the name, which stands in parentheses and may hold anything: state,
// parent, … (proc(5)).
function fieldsOf(stat: string): string[] {
  return stat.slice(stat.lastIndexOf(")") + 2).split(" ");
}
