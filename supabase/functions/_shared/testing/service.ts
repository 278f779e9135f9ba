/** A request as a service received it. */
export interface Received {
  readonly method: string;
  readonly path: string;
  readonly headers: Headers;
  readonly body: string;
}

export interface Service extends AsyncDisposable {
  /** Its address, without a slash at the end. */
  readonly origin: string;
  readonly received: readonly Received[];
}

/** Starts a service on this machine that notes what it gets. */
export function startService(
  answer: () => Response | Promise<Response>,
): Service {
  const received: Received[] = [];
  const server = Deno.serve(
    { hostname: "127.0.0.1", port: 0, onListen: () => {} },
    async (request) => {
      received.push({
        method: request.method,
        path: new URL(request.url).pathname,
        headers: request.headers,
        body: await request.text(),
      });
      return await answer();
    },
  );
  return {
    origin: `http://127.0.0.1:${server.addr.port}`,
    received,
    [Symbol.asyncDispose]: () => server[Symbol.asyncDispose](),
  };
}

/** @returns the address of a port at which nobody listens. */
export function unusedOrigin(): string {
  const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const { port } = listener.addr;
  listener.close();
  return `http://127.0.0.1:${port}`;
}
