import type postgres from "postgres";

/** Describes this machine and the server under test. */
export async function describeMachine(sql: postgres.Sql) {
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
  };
}
