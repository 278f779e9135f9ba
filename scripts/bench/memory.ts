import { commandLine } from "../stack/proc.ts";
import { runningGateway } from "../stack/gateway_process.ts";
import type { StackConfig } from "../stack/stack.ts";

const INTERVAL_MS = 100;

/**
 * Finds the process of an Edge Function.
 *
 * @throws Error when there is no gateway, or none with such a process.
 */
export async function functionProcess(
  config: StackConfig,
  slug: string,
): Promise<number> {
  const gateway = `/proc/${(await runningGateway(config))?.pid}/task`;
  const found = [...Deno.readDirSync(gateway)]
    .map(({ name }) => Deno.readTextFileSync(`${gateway}/${name}/children`))
    .flatMap((children) => children.split(" ").filter(Boolean).map(Number))
    .find((pid) => commandLine(pid).at(-1)?.endsWith(`/${slug}/index.ts`));
  if (found === undefined) {
    throw new Error(`The function ${slug} has no process.`);
  }
  return found;
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
