import { commandLine } from "../stack/proc.ts";
import { runningGateway } from "../stack/gateway_process.ts";
import type { StackConfig } from "../stack/stack.ts";

const INTERVAL_MS = 100;

/**
 * Finds the process of an Edge Function.
 *
 * @throws Error when the gateway has no such process.
 */
export async function functionProcess(
  config: StackConfig,
  slug: string,
): Promise<number> {
  const gateway = await runningGateway(config);
  const entry = `/${slug}/index.ts`;
  for (const pid of await childrenOf(gateway?.pid)) {
    const command = commandLine(pid);
    if (command.some((argument) => argument.endsWith(entry))) return pid;
  }
  throw new Error(`The function ${slug} has no process.`);
}

/** Reads the resident memory of a process ten times a second until stopped. */
export class MemorySampler {
  readonly #pid: number;
  readonly #samples: number[] = [];
  readonly #timer: ReturnType<typeof setInterval>;

  constructor(pid: number) {
    this.#pid = pid;
    this.#samples.push(residentBytes(pid));
    this.#timer = setInterval(
      () => this.#samples.push(residentBytes(pid)),
      INTERVAL_MS,
    );
  }

  /** @returns all samples in bytes, at least two. */
  stop(): number[] {
    clearInterval(this.#timer);
    this.#samples.push(residentBytes(this.#pid));
    return this.#samples;
  }
}

/** The resident memory of a process. */
export function residentBytes(pid: number): number {
  const status = Deno.readTextFileSync(`/proc/${pid}/status`);
  const kilobytes = /^VmRSS:\s+(\d+) kB$/m.exec(status)?.[1];
  if (kilobytes === undefined) {
    throw new Error(`Process ${pid} has ended during the measurement.`);
  }
  return Number(kilobytes) * 1024;
}

async function childrenOf(pid: number | undefined): Promise<number[]> {
  if (pid === undefined) return [];
  const children: number[] = [];
  for await (const thread of Deno.readDir(`/proc/${pid}/task`)) {
    const text = await Deno.readTextFile(
      `/proc/${pid}/task/${thread.name}/children`,
    );
    children.push(...text.trim().split(/\s+/).filter(Boolean).map(Number));
  }
  return children;
}
