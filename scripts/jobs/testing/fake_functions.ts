/** A request as a function got it. */
export interface Received {
  readonly method: string;
  readonly slug: string;
  readonly query: Readonly<Record<string, string>>;
  readonly key: string | null;
  readonly runId: string | null;
  /** As it was sent; left out where there is none. */
  readonly body?: string;
}

/** Answers the requests to one function. */
export type FakeFunction = (
  received: Received,
) => Response | Promise<Response>;

/** A project that answers as the test says. */
export interface FakeProject extends AsyncDisposable {
  readonly url: string;
  readonly received: readonly Received[];
}

/**
 * Starts a server with functions by name. For others it answers 404, as the platform does.
 */
export function startFakeProject(
  functions: Readonly<Record<string, FakeFunction>>,
): FakeProject {
  const received: Received[] = [];
  const server = Deno.serve(
    { hostname: "127.0.0.1", port: 0, onListen: () => {} },
    async (request) => {
      const { pathname, searchParams } = new URL(request.url);
      const slug = /^\/functions\/v1\/([^/]+)$/.exec(pathname)?.[1] ?? "";
      const body = await request.text();
      const one: Received = {
        method: request.method,
        slug,
        query: Object.fromEntries(searchParams),
        key: request.headers.get("X-API-Key"),
        runId: request.headers.get("X-Run-Id"),
        ...body !== "" && { body },
      };
      received.push(one);
      return await functions[slug]?.(one) ?? Response.json(
        { code: "NOT_FOUND", message: "Requested function was not found" },
        { status: 404 },
      );
    },
  );
  return {
    url: `http://127.0.0.1:${server.addr.port}`,
    received,
    [Symbol.asyncDispose]: () => server.shutdown(),
  };
}

/** @returns an error as our functions answer it. */
export function errorResponse(
  statusCode: number,
  code: string,
  message: string,
  fields: Readonly<Record<string, unknown>> = {},
): Response {
  return Response.json(
    { error: { message, code, statusCode }, ...fields },
    { status: statusCode },
  );
}
