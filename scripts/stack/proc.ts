import { readIfExists } from "./files.ts";

/** A process, distinct from a later one with the same number. */
export interface ProcessIdentity {
  readonly pid: number;
  /** Clock ticks between boot and the start of the process. */
  readonly startTicks: number;
}

/** The process that listens on a port. */
export interface Listener {
  /** `null` where the process belongs to a user whose files are hidden. */
  readonly pid: number | null;
  readonly command: string | null;
}

/**
 * Reads the start time from the text of `/proc/<pid>/stat`.
 *
 * The command name stands in parentheses and may itself hold spaces and
 * parentheses, so fields are counted from the last one (proc(5), field 22).
 */
export function parseStartTicks(stat: string): number {
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  return Number(fields[19]);
}

/** The state letter in the text of `/proc/<pid>/stat`: `Z` is a zombie. */
export function parseState(stat: string): string {
  return stat.slice(stat.lastIndexOf(")") + 2, stat.lastIndexOf(")") + 3);
}

/**
 * Finds the sockets that listen on a port in the text of `/proc/net/tcp` or
 * `/proc/net/tcp6`.
 *
 * @returns their inode numbers.
 */
export function parseListeningInodes(table: string, port: number): string[] {
  const LISTEN = "0A";
  return table.split("\n").slice(1)
    .map((line) => line.trim().split(/\s+/))
    .filter(([, local, , state]) =>
      // `0100007F:D431`
      state === LISTEN && parseInt(local.split(":")[1], 16) === port
    )
    .map((fields) => fields[9]);
}

/** Identifies a live process; `null` when there is none with this number. */
export function identifyProcess(pid: number): ProcessIdentity | null {
  const stat = readProcFile(`/proc/${pid}/stat`);
  if (stat === null || parseState(stat) === "Z") return null;
  return { pid, startTicks: parseStartTicks(stat) };
}

/** Whether this very process still runs, and not another with its number. */
export function isAlive({ pid, startTicks }: ProcessIdentity): boolean {
  return identifyProcess(pid)?.startTicks === startTicks;
}

/** The arguments that a process was started with; empty when it is gone. */
export function commandLine(pid: number): string[] {
  const text = readProcFile(`/proc/${pid}/cmdline`) ?? "";
  return text.split("\0").filter((argument) => argument !== "");
}

/**
 * Finds the process that listens on a TCP port of this machine.
 *
 * @returns `null` when no process does.
 */
export async function findListener(port: number): Promise<Listener | null> {
  const inodes: string[] = [];
  for (const path of ["/proc/net/tcp", "/proc/net/tcp6"]) {
    const table = await readIfExists(path);
    inodes.push(...parseListeningInodes(table ?? "", port));
  }
  if (inodes.length === 0) return null;
  const sockets = new Set(inodes.map((inode) => `socket:[${inode}]`));
  for (const pid of processIds()) {
    if (holdsAny(pid, sockets)) {
      return { pid, command: commandLine(pid).join(" ") };
    }
  }
  return { pid: null, command: null };
}

/** The processes whose current folder is this one, as far as we may see. */
export function processesIn(folder: string): number[] {
  return processIds().filter((pid) => readLink(`/proc/${pid}/cwd`) === folder);
}

/** The processes that have this text in their arguments. */
export function processesMentioning(text: string): number[] {
  return processIds().filter((pid) =>
    readProcFile(`/proc/${pid}/cmdline`)?.includes(text)
  );
}

function processIds(): number[] {
  return [...Deno.readDirSync("/proc")]
    .map((entry) => Number(entry.name))
    .filter((pid) => Number.isInteger(pid));
}

function holdsAny(pid: number, sockets: ReadonlySet<string>): boolean {
  const files = unlessGone(() => [...Deno.readDirSync(`/proc/${pid}/fd`)]);
  return (files ?? []).some(({ name }) =>
    sockets.has(readLink(`/proc/${pid}/fd/${name}`) ?? "")
  );
}

function readLink(path: string): string | null {
  return unlessGone(() => Deno.readLinkSync(path));
}

function readProcFile(path: string): string | null {
  return unlessGone(() => Deno.readTextFileSync(path));
}

// A process may end between two looks at it (reading then says ESRCH), or
// belong to a user whose files are hidden.
function unlessGone<T>(look: () => T): T | null {
  try {
    return look();
  } catch (error) {
    const isGoneOrHidden = error instanceof Deno.errors.NotFound ||
      error instanceof Deno.errors.PermissionDenied ||
      (error instanceof Error && /ESRCH|No such process/.test(error.message));
    if (isGoneOrHidden) return null;
    throw error;
  }
}
