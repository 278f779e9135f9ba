import { proxy } from "hono/proxy";
import { join } from "node:path";
import { messageOf } from "../../process/message_of.ts";
import { exists } from "../files.ts";
import { gatewayError } from "./errors.ts";
import {
  type FunctionProcess,
  type FunctionProcessOptions,
  startFunctionProcess,
} from "./function_process.ts";

/** Whether a function is ready for requests. */
export type FunctionState = "starting" | "running" | "failed";

/** How to start every function. */
export type FunctionWorkersOptions = Omit<FunctionProcessOptions, "name">;

interface Worker {
  readonly process: Promise<FunctionProcess>;
  state: FunctionState;
  inFlight: number;
}

// On a kept connection it is unknown whether a function that died had received
// the request; a new connection is refused.
const WITHOUT_POOL = Deno.createHttpClient({ poolMaxIdlePerHost: 0 });

/**
 * Runs every Edge Function in a process of its own and forwards requests.
 *
 * A function that died is started again by the next request. A function whose
 * source changed is replaced: requests under way finish on the old process.
 */
export class FunctionWorkers {
  readonly #options: FunctionWorkersOptions;
  readonly #workers = new Map<string, Worker>();
  /** They take no new requests, because their source changed. */
  readonly #retiring = new Set<Worker>();
  #watcher: Deno.FsWatcher | null = null;

  constructor(options: FunctionWorkersOptions) {
    this.#options = options;
  }

  /** The state of each function that was asked for so far. */
  states(): Record<string, FunctionState> {
    return Object.fromEntries(
      [...this.#workers].map(([name, worker]) => [name, worker.state]),
    );
  }

  /** Starts every function now, so that the first request need not wait. */
  async startAll(): Promise<void> {
    if (!await exists(this.#options.functionsDir)) return;
    for await (const { name } of Deno.readDir(this.#options.functionsDir)) {
      if (await this.#isFunction(name)) this.#worker(name);
    }
  }

  /**
   * Forwards a request to a function.
   *
   * @param path the part behind the function's name, with the query.
   * @returns the function's answer; 404 for an unknown one, 502 when it died
   *   before it answered, 503 when it does not start.
   */
  async handle(
    name: string,
    path: string,
    request: Request,
  ): Promise<Response> {
    if (!await this.#isFunction(name)) {
      return gatewayError(404, "NOT_FOUND", "Requested function was not found");
    }
    const bodyless = request.method === "GET" || request.method === "HEAD";
    const body = bodyless ? null : await request.arrayBuffer();
    const send = (origin: string) =>
      forward(`${origin}/${name}${path}`, request, body);

    const answer = await this.#ask(name, send);
    // It had died before it could get the request: the next one gets it.
    return answer ?? await this.#ask(name, send) ??
      gatewayError(503, "BOOT_ERROR", "Function failed to start");
  }

  async #ask(
    name: string,
    send: (origin: string) => Promise<Response>,
  ): Promise<Response | null> {
    const worker = this.#worker(name);
    worker.inFlight += 1;
    try {
      const process = await worker.process;
      try {
        return await send(process.origin);
      } catch (error) {
        if (!wasRefused(error)) throw error;
        await process.ended;
        return null;
      }
    } catch (error) {
      this.#options.log.event("request_failed", {
        name,
        error: messageOf(reasonOf(error)),
      });
      return worker.state === "running"
        ? gatewayError(502, "WORKER_ERROR", "Function exited without an answer")
        : gatewayError(503, "BOOT_ERROR", "Function failed to start");
    } finally {
      worker.inFlight -= 1;
      await this.#stopIfIdle(worker);
    }
  }

  /** Replaces all functions when a file below their folder changes. */
  async watch(): Promise<void> {
    this.#watcher = Deno.watchFs(this.#options.functionsDir);
    let timer: ReturnType<typeof setTimeout> | undefined;
    for await (const event of this.#watcher) {
      if (event.kind === "access") continue;
      clearTimeout(timer);
      // Editors and git write many files in a row.
      timer = setTimeout(() => this.reload(), 200);
    }
    clearTimeout(timer);
  }

  /** Ends all functions and waits until they are gone. */
  async close(): Promise<void> {
    this.#watcher?.close();
    const workers = [...this.#workers.values(), ...this.#retiring];
    this.#workers.clear();
    await Promise.all(workers.map((worker) => stopProcess(worker)));
  }

  #worker(name: string): Worker {
    const current = this.#workers.get(name);
    // One that did not start is tried again; until then its state stays visible.
    if (current !== undefined && current.state !== "failed") return current;
    const worker: Worker = {
      process: startFunctionProcess({ ...this.#options, name }),
      state: "starting",
      inFlight: 0,
    };
    this.#workers.set(name, worker);
    worker.process.then(
      (process) => {
        worker.state = "running";
        process.ended.then(() => {
          if (this.#workers.get(name) === worker) this.#workers.delete(name);
        });
      },
      (error: unknown) => {
        worker.state = "failed";
        this.#options.log.event("function_failed", {
          name,
          error: messageOf(error),
        });
      },
    );
    return worker;
  }

  /**
   * Replaces all functions by new ones with the environment of now. Requests
   * under way finish on the old ones.
   */
  reload(): void {
    this.#options.log.event("functions_reloaded");
    for (const [name, worker] of this.#workers) {
      this.#workers.delete(name);
      this.#retiring.add(worker);
      this.#stopIfIdle(worker);
    }
    this.startAll();
  }

  async #stopIfIdle(worker: Worker): Promise<void> {
    if (!this.#retiring.has(worker) || worker.inFlight > 0) return;
    await stopProcess(worker);
    this.#retiring.delete(worker);
  }

  async #isFunction(name: string): Promise<boolean> {
    if (!/^[a-z0-9][a-z0-9_-]*$/i.test(name)) return false;
    return await exists(join(this.#options.functionsDir, name, "index.ts"));
  }
}

// The caller's disconnect is not passed on: a hosted function runs on, too.
async function forward(
  url: string,
  request: Request,
  body: ArrayBuffer | null,
): Promise<Response> {
  const headers = new Headers(request.headers);
  headers.delete("host");
  headers.delete("content-length");
  return await proxy(url, {
    raw: new Request(request.url, { method: request.method, headers }),
    body,
    signal: null,
    redirect: "manual",
    customFetch: (own) => fetch(own, { client: WITHOUT_POOL }),
  });
}

function wasRefused(error: unknown): boolean {
  return /Connection refused/.test(messageOf(reasonOf(error)));
}

// The message of fetch itself is only "fetch failed".
function reasonOf(error: unknown): unknown {
  return error instanceof TypeError ? error.cause ?? error : error;
}

async function stopProcess(worker: Worker): Promise<void> {
  const process = await worker.process.catch(() => null);
  await process?.stop();
}
