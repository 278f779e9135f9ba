import type postgres from "postgres";

/** Describes this machine and the server under test, fact by fact. */
export async function describeMachine(
  sql: postgres.Sql,
): Promise<[name: string, value: string][]> {
  const [{ version, buffers }] = await sql<
    { version: string; buffers: string }[]
  >`
    select
      current_setting('server_version') as version,
      current_setting('shared_buffers') as buffers
  `;
  const cpuinfo = await Deno.readTextFile("/proc/cpuinfo");
  const processor = /^model name\s*: (.+)$/m.exec(cpuinfo)?.[1];
  return [
    ["processor", processor ?? Deno.build.arch],
    ["cores", String(navigator.hardwareConcurrency)],
    ["memory", `${(Deno.systemMemoryInfo().total / 2 ** 30).toFixed(0)} GiB`],
    ["PostgreSQL", version],
    ["shared_buffers", buffers],
  ];
}
