import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { functionEnvironment } from "../../stack/function_environment.ts";
import { runOrThrow } from "../../stack/command.ts";
import { FunctionWorkers } from "../../stack/gateway/function_workers.ts";
import { LogFile } from "../../stack/log_file.ts";
import type { RunningStack } from "../../stack/stack.ts";

/** The functions of one version, beside those of a stack. */
export interface ServedFunctions extends AsyncDisposable {
  /** Where they answer. */
  readonly url: string;
}

/**
 * Serves the functions of a folder as they are now: what is changed there
 * afterwards is another version.
 *
 * @param root holds `supabase/functions`.
 * @param variables that the functions get besides those of the stack.
 */
export async function serveFunctions(
  root: string,
  { config, keys }: RunningStack,
  variables: Readonly<Record<string, string>>,
): Promise<ServedFunctions> {
  const dir = await Deno.makeTempDir({ prefix: "duewatch-version-" });
  await Deno.mkdir(join(dir, "supabase"));
  await runOrThrow("keep the functions of this version", [
    "cp",
    "-R",
    join(root, "supabase", "functions"),
    join(dir, "supabase", "functions"),
  ]);
  await Deno.copyFile(
    join(config.repoDir, "deno.lock"),
    join(dir, "deno.lock"),
  );
  const workers = new FunctionWorkers({
    repoDir: dir,
    functionsDir: join(dir, "supabase", "functions"),
    copiesDir: join(dir, "copies"),
    environment: async () => ({
      ...await functionEnvironment(config, keys),
      ...variables,
    }),
    log: new LogFile(join(dir, "functions.log")),
  });
  const server = Deno.serve({
    hostname: "127.0.0.1",
    port: 0,
    onListen: () => {},
  }, async (request) => {
    const { pathname, search } = new URL(request.url);
    const [, name, rest] = /^\/([^/]+)(.*)$/.exec(pathname) ?? [];
    return await workers.handle(name ?? "", (rest ?? "") + search, request);
  });
  return {
    url: `http://127.0.0.1:${server.addr.port}`,
    async [Symbol.asyncDispose]() {
      await Promise.race([server.shutdown(), delay(2_000)]);
      await workers.close();
      await Deno.remove(dir, { recursive: true });
    },
  };
}
