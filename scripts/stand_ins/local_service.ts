import { once } from "node:events";
import {
  createServer,
  type IncomingMessage,
  type ServerResponse,
} from "node:http";
import type { AddressInfo } from "node:net";
import { text } from "node:stream/consumers";

/** A request that has arrived, whole. */
export interface ServiceRequest {
  readonly method: string;
  readonly path: string;
  /** Names in lower case. */
  readonly headers: Readonly<Record<string, string | undefined>>;
  readonly body: string;
  /** When its last byte was here: `performance.now()` of this process. */
  readonly arrivedAt: number;
  /** Settles when it is answered, or the connection has ended. */
  readonly over: Promise<void>;
}

/** An HTTP answer. */
export interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

/** An answer that is given when something has happened. */
export interface LateAnswer {
  readonly until: Promise<void>;
  readonly answer: Answer;
}

/**
 * What becomes of a request: an answer, now or later, silence for as long as
 * the caller waits, or a connection that breaks.
 */
export type Reply = Answer | LateAnswer | "hang" | "reset";

/** A server on the loopback interface. */
export interface LocalService extends AsyncDisposable {
  /** Such as `http://127.0.0.1:40123`. */
  readonly origin: string;
}

/**
 * Starts a server on a free port of 127.0.0.1 that can also misbehave below
 * HTTP, as a network does.
 *
 * @param handle decides without delay: nothing comes between its decision and
 *   the reply.
 * @returns the service; disposing of it breaks off what it left hanging.
 */
export async function startLocalService(
  handle: (request: ServiceRequest) => Reply,
): Promise<LocalService> {
  const server = createServer((incoming, outgoing) => {
    receive(incoming, outgoing).then((request) => {
      carryOut(handle(request), incoming, outgoing);
    }, () => {
      // The caller left in the middle of its own request.
    });
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  return {
    origin: `http://127.0.0.1:${port}`,
    async [Symbol.asyncDispose]() {
      server.close();
      server.closeAllConnections();
      await once(server, "close");
    },
  };
}

async function receive(
  incoming: IncomingMessage,
  outgoing: ServerResponse,
): Promise<ServiceRequest> {
  const over = once(outgoing, "close").then(() => {});
  const body = await text(incoming);
  return {
    method: incoming.method ?? "",
    path: incoming.url ?? "",
    headers: Object.fromEntries(new Headers(incoming.headers as HeadersInit)),
    body,
    arrivedAt: performance.now(),
    over,
  };
}

function carryOut(
  reply: Reply,
  incoming: IncomingMessage,
  outgoing: ServerResponse,
): void {
  if (reply === "hang") return;
  if (reply === "reset") {
    incoming.socket.resetAndDestroy();
    return;
  }
  if ("until" in reply) {
    reply.until.then(() => give(reply.answer, outgoing));
    return;
  }
  give(reply, outgoing);
}

function give(answer: Answer, outgoing: ServerResponse): void {
  outgoing.writeHead(answer.status, answer.headers);
  outgoing.end(answer.body);
}
