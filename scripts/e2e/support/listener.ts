import { join } from "node:path";
import { freePorts } from "../../check/free_ports.ts";
import { within } from "./events.ts";
import { config, urls } from "./stack.ts";

/** One event that the listener has logged. */
export interface LoggedEvent {
  readonly event: string;
  readonly level: "info" | "warn" | "error";
  readonly [field: string]: unknown;
}

/** How the process ended. */
export interface ListenerEnd {
  readonly code: number;
  readonly signal: Deno.Signal | null;
}

/** The alert listener, running in a process of its own. */
export interface ListenerProcess extends AsyncDisposable {
  readonly pid: number;
  /** Address of its health endpoint. */
  readonly healthUrl: string;
  /** What it has logged so far, oldest first. */
  readonly events: readonly LoggedEvent[];
  /** All it has written so far, both streams. */
  output(): string;
  /**
   * Resolves with the first event of this name, logged already or to come.
   *
   * @param options.after looks only at what comes after that many events.
   * @param options.timeoutMs default 20 s.
   */
  logged(
    name: string,
    options?: { readonly after?: number; readonly timeoutMs?: number },
  ): Promise<LoggedEvent>;
  signal(signal: Deno.Signal): void;
  /** Settles when it has ended, however it ended. */
  readonly ended: Promise<ListenerEnd>;
  /** Sends a signal, SIGTERM by default, and waits for the end. */
  stop(signal?: Deno.Signal): Promise<ListenerEnd>;
}

export interface ListenerOptions {
  /**
   * Its variables, such as those of the channels; nothing else of the test's
   * own environment reaches it. Default: the database of the stack, and a free
   * port for its health.
   */
  readonly env?: Readonly<Record<string, string>>;
  /** How it is started; by default as in production. */
  readonly command?: readonly string[];
}

// With the permissions that the service and the container give to it.
const AS_IN_PRODUCTION = [
  Deno.execPath(),
  "run",
  "--quiet",
  "--frozen",
  "--no-prompt",
  "--allow-net",
  "--allow-env",
  join(config.repoDir, "scripts", "job-alert-listener", "main.ts"),
];

/** `npm run listener`, without npm. */
export const ON_LOCAL_STACK = [
  "sh",
  join(config.repoDir, "scripts", "duewatch.sh"),
  "listener",
];

/**
 * Starts a listener and waits until it is ready: what is raised from then on
 * reaches its channels at once. Dispose of it with `await using`: the process
 * ends with the test, failed or not.
 *
 * @throws Error with what it wrote when it ends, or is not ready in 20 s.
 */
export async function startListener(
  options: ListenerOptions = {},
): Promise<ListenerProcess> {
  const listener = spawnListener(options);
  try {
    await listener.logged("ready");
    return listener;
  } catch (error) {
    await listener[Symbol.asyncDispose]();
    throw error;
  }
}

/** Starts a listener without waiting for anything: it may fail to start. */
export function spawnListener(
  { env = {}, command = AS_IN_PRODUCTION }: ListenerOptions = {},
): ListenerProcess {
  const [healthPort] = freePorts(1);
  const environment = {
    DATABASE_URL: urls.databaseUrl,
    ALERT_LISTENER_HEALTH_PORT: String(healthPort),
    ...env,
  };
  // setpriv lets the kernel end the listener when the test run is killed.
  const child = new Deno.Command("setpriv", {
    args: ["--pdeathsig=KILL", ...command],
    cwd: config.repoDir,
    clearEnv: true,
    env: { ...runtimeEnvironment(), ...environment },
    stdin: "null",
    stdout: "piped",
    stderr: "piped",
  }).spawn();

  const log = new EventLog();
  const read = Promise.all([
    readLines(child.stdout, (line) => log.add(line)),
    readLines(child.stderr, (line) => log.add(line)),
  ]);
  const ended = child.status.then(async ({ code, signal }) => {
    await read;
    log.close(`The listener ended with exit code ${code}.`);
    return { code, signal };
  });
  const signal = (name: Deno.Signal) => {
    try {
      child.kill(name);
    } catch (error) {
      // It has ended, and its end has been seen.
      if (!(error instanceof TypeError)) throw error;
    }
  };

  return {
    pid: child.pid,
    healthUrl:
      `http://127.0.0.1:${environment.ALERT_LISTENER_HEALTH_PORT}/healthz`,
    events: log.events,
    output: () => log.text,
    logged: (name, { after = 0, timeoutMs = 20_000 } = {}) =>
      log.first(name, after, timeoutMs),
    signal,
    ended,
    async stop(name = "SIGTERM") {
      signal(name);
      return await within(20_000, `the end after ${name}`, ended);
    },
    async [Symbol.asyncDispose]() {
      signal("SIGKILL");
      await ended;
    },
  };
}

function runtimeEnvironment(): Record<string, string> {
  const names = ["PATH", "HOME", "DENO_DIR"];
  return {
    ...Object.fromEntries(
      names.flatMap((name) => {
        const value = Deno.env.get(name);
        return value === undefined ? [] : [[name, value]];
      }),
    ),
    DENO_NO_PACKAGE_JSON: "1",
    DENO_NO_UPDATE_CHECK: "1",
    NO_COLOR: "1",
  };
}

interface Waiter {
  readonly name: string;
  readonly after: number;
  readonly resolve: (event: LoggedEvent) => void;
  readonly reject: (error: Error) => void;
}

class EventLog {
  readonly events: LoggedEvent[] = [];
  text = "";
  #waiters: Waiter[] = [];
  #closed: string | null = null;

  add(line: string): void {
    this.text += `${line}\n`;
    // Deno itself writes text, for instance when a module does not load.
    if (!line.startsWith("{")) return;
    this.events.push(JSON.parse(line));
    this.#waiters = this.#waiters.filter((waiter) => {
      const event = this.#find(waiter.name, waiter.after);
      if (event === undefined) return true;
      waiter.resolve(event);
      return false;
    });
  }

  close(reason: string): void {
    this.#closed = reason;
    for (const waiter of this.#waiters) waiter.reject(this.#explain(waiter));
    this.#waiters = [];
  }

  async first(
    name: string,
    after: number,
    timeoutMs: number,
  ): Promise<LoggedEvent> {
    const event = this.#find(name, after);
    if (event !== undefined) return event;
    const { promise, resolve, reject } = Promise.withResolvers<LoggedEvent>();
    const waiter = { name, after, resolve, reject };
    if (this.#closed !== null) throw this.#explain(waiter);
    this.#waiters.push(waiter);
    try {
      return await within(timeoutMs, `the event ${name}`, promise);
    } catch (error) {
      this.#waiters = this.#waiters.filter((other) => other !== waiter);
      throw new Error(`${error}\n${this.text}`);
    }
  }

  #find(name: string, after: number): LoggedEvent | undefined {
    return this.events.slice(after).find(({ event }) => event === name);
  }

  #explain({ name }: Waiter): Error {
    return new Error(
      `There is no event ${name}. ${this.#closed}\n${this.text}`,
    );
  }
}

async function readLines(
  stream: ReadableStream<Uint8Array>,
  onLine: (line: string) => void,
): Promise<void> {
  let rest = "";
  for await (const text of stream.pipeThrough(new TextDecoderStream())) {
    const lines = (rest + text).split("\n");
    rest = lines.pop() ?? "";
    lines.forEach(onLine);
  }
  if (rest !== "") onLine(rest);
}
