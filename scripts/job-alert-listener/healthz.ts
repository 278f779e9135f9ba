import { EnvironmentError } from "../../supabase/functions/_shared/environment.ts";
import type { StatusReport } from "./listener_status.ts";

const HOST = "127.0.0.1";
const DEFAULT_PORT = 54330;

/** The server that answers how the listener is doing. */
export interface HealthServer extends AsyncDisposable {
  /** Such as `http://127.0.0.1:54330/healthz`. */
  readonly url: string;
}

/**
 * Serves `GET /healthz` on the loopback interface: 200 when all is well, 503
 * when it is not, and the report as JSON with both.
 *
 * @param port to listen on, 0 for any free one, `off` for no server. Without
 *   it: 54330, or any free one when another listener has that.
 * @returns null when it is off.
 * @throws {EnvironmentError} when the port that was asked for is taken.
 */
export function serveHealth(
  report: () => StatusReport,
  port: number | "off" | undefined,
): HealthServer | null {
  if (port === "off") return null;
  for (const hostPort of port === undefined ? [DEFAULT_PORT, 0] : [port]) {
    try {
      const server = Deno.serve(
        { hostname: HOST, port: hostPort, onListen: () => {} },
        (request) => respond(request, report()),
      );
      return {
        url: `http://${HOST}:${server.addr.port}/healthz`,
        [Symbol.asyncDispose]: () => server[Symbol.asyncDispose](),
      };
    } catch (error) {
      if (!(error instanceof Deno.errors.AddrInUse)) throw error;
    }
  }
  throw new EnvironmentError(
    "The listener cannot start: ALERT_LISTENER_HEALTH_PORT is taken by " +
      "another process.",
  );
}

function respond(request: Request, report: StatusReport): Response {
  if (new URL(request.url).pathname !== "/healthz") {
    return new Response("Not found\n", { status: 404 });
  }
  if (request.method !== "GET" && request.method !== "HEAD") {
    return new Response("Method not allowed\n", {
      status: 405,
      headers: { Allow: "GET, HEAD" },
    });
  }
  return Response.json(report, {
    status: report.status === "ok" ? 200 : 503,
    headers: { "Cache-Control": "no-store" },
  });
}
