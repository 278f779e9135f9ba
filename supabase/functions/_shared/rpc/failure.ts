import { z } from "zod";
import { storable } from "../storable.ts";
import { VERSION } from "../version.ts";
import type { RpcAnswer, RpcName } from "./client.ts";

/** Why a call to the database failed, and whether repeating it can help. */
export type RpcFailure =
  | {
    readonly kind: "transient";
    readonly reason: "network" | "timeout" | "gateway" | "database";
    readonly code: string;
    readonly message: string;
  }
  | {
    readonly kind: "permanent";
    readonly reason: "database" | "gateway" | "unexpected_answer";
    readonly code: string;
    readonly message: string;
  };

/** A call to a database function that failed. */
export class RpcError extends Error {
  override readonly name = "RpcError";

  constructor(readonly rpc: RpcName, readonly failure: RpcFailure) {
    super(`${rpc} failed: ${failure.message} (${failure.code})`);
  }
}

// Connection exception, transaction rollback, insufficient resources, operator
// intervention; and from class 55 only "lock not available".
const TRANSIENT_SQLSTATE = /^(?:(?:08|40|53|57)[0-9A-Z]{3}|55P03)$/;
// PostgREST cannot reach the database, or its pool is exhausted.
const TRANSIENT_POSTGREST = /^PGRST00[0-3]$/;
// It has no function of this name with these arguments.
const UNKNOWN_FUNCTION = "PGRST202";
const SQLSTATE_OR_POSTGREST = /^(?:[0-9A-Z]{5}|PGRST[0-9A-Z]{3})$/;

// A proxy's error page says little after its title.
const MAX_GATEWAY_MESSAGE = 300;

const reportedError = z.object({
  code: z.string().nullish(),
  message: z.string().nullish(),
  details: z.string().nullish(),
});

/** @returns whether an SQLSTATE or a code of PostgREST is transient. */
export function isTransientCode(code: string): boolean {
  return TRANSIENT_SQLSTATE.test(code) || TRANSIENT_POSTGREST.test(code);
}

/**
 * Classifies a failed answer as transient or permanent.
 *
 * Transient are: no answer (network, time-out), the SQLSTATE classes 08, 40,
 * 53 and 57, 55P03, PostgREST's own connection errors (PGRST000 to PGRST003),
 * and a 5xx that carries no SQLSTATE. All others are permanent.
 */
export function classifyFailure({ status, error }: RpcAnswer): RpcFailure {
  const reported = reportedError.safeParse(error);
  const code = reported.data?.code ?? "";
  const message = storable(reported.data?.message ?? "");

  if (status === 0) {
    return {
      kind: "transient",
      ...(/^(?:TimeoutError|AbortError):/.test(message)
        ? { reason: "timeout", code: "timeout" }
        : { reason: "network", code: "network" }),
      message: rootCause(reported.data?.details ?? "") ?? message,
    };
  }
  if (SQLSTATE_OR_POSTGREST.test(code)) {
    return {
      kind: isTransientCode(code) ? "transient" : "permanent",
      reason: "database",
      code,
      message: code === UNKNOWN_FUNCTION ? tooOld(message) : message,
    };
  }
  return {
    kind: status >= 500 ? "transient" : "permanent",
    reason: "gateway",
    code: `http_${status}`,
    message: storable(message.slice(0, MAX_GATEWAY_MESSAGE)) ||
      "the answer had no body",
  };
}

// The database of the version before has all that these functions call, so this
// one is older, or its migration has stopped half-way.
function tooOld(message: string): string {
  return `the database is too old for these functions, or the migration of ` +
    `Duewatch ${VERSION} was not applied to it. Push the migrations ` +
    `(npx supabase db push --remote), then run it again. ${message}`;
}

// fetch says only "fetch failed"; supabase-js appends what lies beneath it.
function rootCause(details: string): string | undefined {
  const cause = /^Caused by: (?:Error: )?(.+)$/m.exec(details)?.[1];
  return cause && storable(cause);
}
