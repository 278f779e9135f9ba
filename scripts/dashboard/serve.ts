import { StackError } from "../stack/errors.ts";
import type { BuiltPage } from "./page_build.ts";
import type { StartCommand } from "./page_config.ts";
import { createServer } from "./server/app.ts";
import { createDoorkeeper } from "./server/links.ts";
import { createUpstream, type Project } from "./server/upstream.ts";

/** How to serve the dashboard. */
export interface ServeDeps {
  readonly page: BuiltPage;
  readonly project: Project;
  readonly command: StartCommand;
  /** 0 takes any port that is free. */
  readonly port: number;
  /** Aborted when the process has to end. */
  readonly stopSignal: AbortSignal;
  /** Yields when somebody asks for another link. */
  readonly enterPresses: AsyncIterable<void>;
  readonly print: (text: string) => void;
}

/**
 * Serves the dashboard on this machine only, and prints a link that works once.
 *
 * @throws {StackError} when the port is in use.
 */
export async function serveDashboard(
  { page, project, command, port, stopSignal, enterPresses, print }: ServeDeps,
): Promise<void> {
  const doorkeeper = createDoorkeeper();
  const upstream = createUpstream(project);
  // Which port 0 has become is known once it listens.
  const server = listen(
    port,
    stopSignal,
    (request) => handle(request),
  );
  const { port: taken } = server.addr;
  const handle = createServer({
    page,
    doorkeeper,
    upstream,
    port: taken,
    command,
  });

  const printLink = () =>
    print(`http://127.0.0.1:${taken}/open?link=${doorkeeper.newLink()}`);
  print("The dashboard is running. Open this link; it works once:\n");
  printLink();
  print("\nEnter prints another link. Ctrl-C ends the dashboard.");
  void (async () => {
    for await (const _ of enterPresses) printLink();
  })();
  await server.finished;
}

function listen(
  port: number,
  signal: AbortSignal,
  handler: (request: Request) => Response | Promise<Response>,
): Deno.HttpServer<Deno.NetAddr> {
  try {
    return Deno.serve(
      { hostname: "127.0.0.1", port, signal, onListen: () => {} },
      handler,
    );
  } catch (error) {
    if (!(error instanceof Deno.errors.AddrInUse)) throw error;
    throw new StackError(
      `Port ${port} is in use. Choose another with --port, or with ` +
        "DUEWATCH_DASHBOARD_PORT. 0 takes any that is free.",
    );
  }
}
