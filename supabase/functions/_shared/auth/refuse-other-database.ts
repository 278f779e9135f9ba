import type { MiddlewareHandler } from "hono";
import { z } from "zod";
import { RequestError } from "../http/errors.ts";
import type { Logger } from "../logger.ts";
import { callChecked } from "../rpc/call.ts";
import type { CallRpc } from "../rpc/client.ts";
import { RpcError } from "../rpc/failure.ts";

/** Says which database has sent a request. */
export const DATABASE_HEADER = "X-Database";

/**
 * Refuses a request that another database has sent. A copy of the database, such
 * as a branch or a restored backup, has the address and the key of the original,
 * and would start its jobs.
 *
 * @returns middleware that answers 421 to another database. A request without
 *   the header is let through, and so is one while the database does not answer:
 *   only a definite no refuses.
 */
export function refuseOtherDatabase(
  callRpc: CallRpc,
  log: Logger,
): MiddlewareHandler {
  return async (context, next) => {
    const fingerprint = context.req.header(DATABASE_HEADER);
    if (fingerprint !== undefined && !await isOurs(fingerprint)) {
      throw new RequestError(
        421,
        "other_database",
        "This request comes from another database than the one that this " +
          "function works on, such as a copy. Nothing was done.",
        { logged: { event: "other_database_refused" } },
      );
    }
    await next();
  };

  async function isOurs(fingerprint: string): Promise<boolean> {
    try {
      return await callChecked(
        callRpc,
        "is_this_database",
        { fingerprint },
        z.boolean(),
      );
    } catch (error) {
      if (!(error instanceof RpcError)) throw error;
      const { code, message } = error.failure;
      log.warn("database_not_compared", { code, message });
      return true;
    }
  }
}
