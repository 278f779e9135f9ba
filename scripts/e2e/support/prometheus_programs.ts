import { join } from "node:path";
import { run, runOrThrow } from "../../stack/command.ts";
import { exists } from "../../stack/files.ts";
import { updateIndex } from "../../stack/packages.ts";
import { terminalProgress } from "../../stack/progress.ts";
import { readConfig } from "../../stack/stack.ts";

/** Where the two programs of Prometheus are. */
export interface PrometheusPrograms {
  readonly prometheus: string;
  readonly promtool: string;
}

const PROMTOOL = "usr/bin/promtool";

/**
 * Makes sure that Prometheus can be run, from Debian's package. The package is
 * unpacked into the state folder and not installed: its installation would
 * start a server that listens to the whole network.
 *
 * @throws StackError when it cannot be fetched.
 */
export async function ensurePrometheus(): Promise<PrometheusPrograms> {
  const tools = join(readConfig({}).stateDir, "tools");
  const folder = join(tools, "prometheus");
  if (!await exists(folder)) {
    await Deno.mkdir(tools, { recursive: true });
    const draft = await Deno.makeTempDir({ dir: tools });
    try {
      const unpacked = join(draft, "unpacked");
      await unpack("prometheus", draft, unpacked);
      // Since Debian 13 it is a package of its own.
      if (!await exists(join(unpacked, PROMTOOL))) {
        await unpack("promtool", draft, unpacked);
      }
      await Deno.rename(unpacked, folder);
    } finally {
      await Deno.remove(draft, { recursive: true });
    }
  }
  return {
    prometheus: join(folder, "usr/bin/prometheus"),
    promtool: join(folder, PROMTOOL),
  };
}

async function unpack(
  name: string,
  draft: string,
  folder: string,
): Promise<void> {
  const file = await download(name, await Deno.makeTempDir({ dir: draft }));
  await runOrThrow(`unpack ${name}`, ["dpkg-deb", "--extract", file, folder]);
}

async function download(name: string, folder: string): Promise<string> {
  const command = ["apt-get", "download", "-qq", name];
  // The list of packages may be missing, or name a version that is gone.
  if ((await run(command, { cwd: folder })).code !== 0) {
    await updateIndex(terminalProgress());
    await runOrThrow(`download ${name}`, command, { cwd: folder });
  }
  for await (const entry of Deno.readDir(folder)) {
    if (entry.name.endsWith(".deb")) return join(folder, entry.name);
  }
  throw new Error(`apt-get left no package in ${folder}.`);
}
