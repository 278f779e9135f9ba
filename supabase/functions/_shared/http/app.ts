import { corsHeaders } from "@supabase/supabase-js/cors";
import { Hono } from "hono";
import { cors } from "hono/cors";
import type { Logger } from "../logger.ts";
import { RpcError } from "../rpc/failure.ts";
import { databaseError, errorAnswer, RequestError } from "./errors.ts";

const REQUEST_HEADERS = [
  "x-api-key",
  "x-run-id",
  "x-database",
  // What the installed supabase-js may add to a call.
  ...corsHeaders["Access-Control-Allow-Headers"].split(", "),
];

const METHODS = {
  GET: ["GET", "HEAD", "OPTIONS"],
  POST: ["POST", "OPTIONS"],
};

/**
 * Creates the outer shell of a function: CORS headers on every answer, the
 * preflight answered, other methods refused. An error that a handler throws is
 * answered in the standard form: a `RequestError` as it says, an `RpcError` as
 * a failure of the database, any other without its details. No answer may be
 * cached: it is true now, and for this caller.
 *
 * @param method the one method that the function serves; a GET function
 *   answers HEAD as well, without a body. Add its handlers under the path `*`:
 *   platforms differ in the prefix before the function's name.
 * @param databaseFailed the event that is logged for an `RpcError`.
 */
export function createFunctionApp(
  method: "GET" | "POST",
  log: Logger,
  databaseFailed = "database_failed",
): Hono {
  const methods = METHODS[method];
  const app = new Hono();

  app.use(cors({
    // Keys travel in headers and never in cookies, so any origin may ask.
    origin: "*",
    allowMethods: methods,
    allowHeaders: REQUEST_HEADERS,
    maxAge: 86_400,
  }));

  app.use(async (context, next) => {
    context.header("Cache-Control", "no-store");
    if (!methods.includes(context.req.method)) {
      const allowed = methods.join(", ");
      throw new RequestError(
        405,
        "method_not_allowed",
        `Allowed here: ${allowed}.`,
        { headers: { Allow: allowed } },
      );
    }
    await next();
  });

  app.onError((error) => {
    const problem = asRequestError(error, databaseFailed);
    const { headers, logged } = problem.extras;
    if (logged) {
      const { event, ...fields } = logged;
      log[problem.statusCode >= 500 ? "error" : "warn"](event, fields);
    }
    return errorAnswer(problem, { headers });
  });

  return app;
}

function asRequestError(error: Error, databaseFailed: string): RequestError {
  if (error instanceof RequestError) return error;
  if (error instanceof RpcError) {
    const { code, message } = error.failure;
    return databaseError(error.failure, {
      event: databaseFailed,
      code,
      message,
    });
  }
  return new RequestError(
    500,
    "internal_error",
    "The function failed unexpectedly; its log says why.",
    {
      logged: {
        event: "unexpected_error",
        message: error.message,
        stack: error.stack,
      },
    },
  );
}
