/** The variable by which the processes of one test run are found again. */
export const MARK = "DUEWATCH_TEST_PROCESS";

const PATIENCE_MS = 3_000;
const GIVE_UP_MS = 15_000;

/**
 * Ends every process that has inherited this mark, in whatever session it is:
 * first in order, then by force.
 *
 * @param mark the value of the variable {@linkcode MARK}, unique to a test run.
 */
export async function endMarkedProcesses(mark: string): Promise<void> {
  const startedAt = performance.now();
  const asked = new Set<number>();
  while (performance.now() - startedAt < GIVE_UP_MS) {
    const pids = markedProcesses(mark);
    if (pids.length === 0) return;
    const isPatient = performance.now() - startedAt < PATIENCE_MS;
    for (const pid of pids) {
      if (!isPatient) signal(pid, "SIGKILL");
      else if (!asked.has(pid)) {
        // The first ends Postgres although it has clients, the second what a
        // shell has started in the background.
        signal(pid, "SIGINT");
        signal(pid, "SIGTERM");
      }
      asked.add(pid);
    }
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

/** The ids of the processes that have a mark in their environment. */
export function markedProcesses(mark: string): number[] {
  return [...Deno.readDirSync("/proc")]
    .map(({ name }) => Number(name))
    .filter((pid) => Number.isInteger(pid) && hasMark(pid, mark));
}

/**
 * Sends a signal to a process, or by a negative id to a group.
 *
 * @returns false when there is none.
 */
export function signal(pid: number, name: Deno.Signal): boolean {
  try {
    Deno.kill(pid, name);
    return true;
  } catch (error) {
    const isGone = error instanceof Deno.errors.NotFound ||
      (error instanceof Error && /ESRCH|No such process/.test(error.message));
    if (!isGone) throw error;
    return false;
  }
}

function hasMark(pid: number, mark: string): boolean {
  try {
    // A zombie has no environment any more.
    return Deno.readTextFileSync(`/proc/${pid}/environ`)
      .split("\0")
      .includes(`${MARK}=${mark}`);
  } catch {
    // It has ended, or belongs to somebody else.
    return false;
  }
}
