import { join } from "node:path";
import { freePorts } from "../../check/free_ports.ts";
import { waitFor } from "../../stack/wait.ts";

/** A value that an expression has, with the labels of its series. */
export interface Value {
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
}

/** A Prometheus server on this machine, with one target. */
export interface Prometheus extends AsyncDisposable {
  /** Evaluates an expression as of now. */
  query(expression: string): Promise<Value[]>;
  /** Waits until a scrape that begins from now on has succeeded. */
  nextScrape(): Promise<void>;
  /** Waits until a scrape has failed. */
  failedScrape(): Promise<void>;
}

const TIMEOUT_MS = 30_000;

/**
 * Starts Prometheus on the loopback interface, with its data in a folder that
 * goes when it ends.
 *
 * @param program where it is.
 * @param config its configuration, in YAML; `<folder>` in it stands for a
 *   folder in which the files are.
 * @param files further files for that folder, by name.
 */
export async function startPrometheus(
  program: string,
  config: string,
  files: Readonly<Record<string, string>> = {},
): Promise<Prometheus> {
  const folder = await Deno.makeTempDir({ prefix: "duewatch-prometheus-" });
  const configFile = join(folder, "prometheus.yml");
  await Deno.writeTextFile(configFile, config.replaceAll("<folder>", folder));
  for (const [name, text] of Object.entries(files)) {
    await Deno.writeTextFile(join(folder, name), text, { mode: 0o600 });
  }

  const [port] = freePorts(1);
  const origin = `http://127.0.0.1:${port}`;
  const child = new Deno.Command(program, {
    args: [
      `--config.file=${configFile}`,
      `--storage.tsdb.path=${join(folder, "data")}`,
      `--web.listen-address=127.0.0.1:${port}`,
      "--log.level=warn",
    ],
    cwd: folder,
    stdin: "null",
    stdout: "null",
    stderr: "piped",
  }).spawn();
  const output = new Response(child.stderr).text();
  let hasEnded = false;
  child.status.then(() => hasEnded = true);

  async function end(): Promise<string> {
    if (!hasEnded) child.kill("SIGTERM");
    await child.status;
    await Deno.remove(folder, { recursive: true });
    return await output;
  }

  const ready = await waitFor(
    async () => hasEnded || await isReady(origin) || undefined,
    TIMEOUT_MS,
  );
  if (ready === undefined || hasEnded) {
    throw new Error(`Prometheus did not start: ${await end()}`);
  }
  return {
    query: (expression) => query(origin, expression),
    nextScrape: () => {
      const begin = Date.now() / 1000;
      return becomesTrue(
        origin,
        "timestamp(up) and up == 1",
        (values) => values.some(({ value }) => value >= begin),
      );
    },
    failedScrape: () =>
      becomesTrue(origin, "up == 0", (values) => values.length > 0),
    async [Symbol.asyncDispose]() {
      await end();
    },
  };
}

async function isReady(origin: string): Promise<boolean> {
  try {
    const response = await fetch(`${origin}/-/ready`);
    await response.body?.cancel();
    return response.ok;
  } catch (error) {
    if (error instanceof TypeError) return false;
    throw error;
  }
}

// An answer to a query is of a scrape that has been written down; the list of
// targets is ahead of it.
async function becomesTrue(
  origin: string,
  expression: string,
  isTrue: (values: readonly Value[]) => boolean,
): Promise<void> {
  const found = await waitFor(
    async () => isTrue(await query(origin, expression)) || undefined,
    TIMEOUT_MS,
  );
  if (found === undefined) {
    const targets = await ask<unknown>(`${origin}/api/v1/targets`);
    throw new Error(`${expression} is not: ${JSON.stringify(targets)}`);
  }
}

async function query(origin: string, expression: string): Promise<Value[]> {
  const url = new URL(`${origin}/api/v1/query`);
  url.searchParams.set("query", expression);
  const { result } = await ask<
    { result: { metric: Value["labels"]; value: [number, string] }[] }
  >(url);
  return result.map(({ metric, value: [, value] }) => ({
    labels: metric,
    value: Number(value),
  }));
}

async function ask<Data>(url: string | URL): Promise<Data> {
  const response = await fetch(url);
  const { status, data, error } = await response.json();
  if (status !== "success") throw new Error(`${url}: ${error}`);
  return data;
}
