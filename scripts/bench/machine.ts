import type postgres from "postgres";

/** What the numbers were measured on. */
export interface Machine {
  readonly processor: string;
  readonly cores: number;
  readonly memoryGiB: number;
  readonly postgres: string;
  readonly sharedBuffers: string;
  /** Processes that wanted to run, averaged over a minute, before and after. */
  readonly loadBefore: number;
  readonly loadAfter: number;
}

/** The load of the last minute. */
export function currentLoad(): number {
  return Deno.loadavg()[0];
}

/** Describes this machine and the server under test. */
export async function describeMachine(
  sql: postgres.Sql,
  loadBefore: number,
): Promise<Machine> {
  const [server] = await sql<{ version: string; buffers: string }[]>`
    select
      current_setting('server_version') as version,
      current_setting('shared_buffers') as buffers
  `;
  const cpuinfo = await Deno.readTextFile("/proc/cpuinfo");
  return {
    processor: /^model name\s*: (.+)$/m.exec(cpuinfo)?.[1] ?? Deno.build.arch,
    cores: navigator.hardwareConcurrency,
    memoryGiB: Deno.systemMemoryInfo().total / 2 ** 30,
    postgres: server.version,
    sharedBuffers: server.buffers,
    loadBefore,
    loadAfter: currentLoad(),
  };
}

/** One paragraph for the terminal. */
export function formatMachine(machine: Machine): string {
  return `${machine.processor}, ${machine.cores} cores, ` +
    `${machine.memoryGiB.toFixed(0)} GiB; PostgreSQL ${machine.postgres}, ` +
    `shared_buffers ${machine.sharedBuffers}; load average ` +
    `${machine.loadBefore.toFixed(1)} before, ` +
    `${machine.loadAfter.toFixed(1)} after`;
}
