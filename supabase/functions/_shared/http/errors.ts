import { z } from "zod";
import type { LogFields } from "../logger.ts";
import type { RpcFailure } from "../rpc/failure.ts";

/** The one form of an error answer. */
export const errorBody = z.object({
  error: z.object({
    message: z.string().describe("For the engineer who reads it."),
    code: z.string().describe("For programs: stable, in snake_case."),
    statusCode: z.int().describe("The HTTP status, repeated."),
  }),
});

export type ErrorBody = z.output<typeof errorBody>["error"];

export interface ErrorExtras {
  readonly headers?: Readonly<Record<string, string>>;
  /** Further fields of the answer, beside `error`. */
  readonly fields?: Readonly<Record<string, unknown>>;
}

/** @returns the answer `{"error": {"message", "code", "statusCode"}, …fields}`. */
export function errorAnswer(
  { message, code, statusCode }: ErrorBody,
  { headers = {}, fields = {} }: ErrorExtras = {},
): Response {
  return Response.json(
    { error: { message, code, statusCode }, ...fields },
    { status: statusCode, headers },
  );
}

/** What an error that ends a request carries beside its body. */
export interface RequestErrorExtras {
  readonly headers?: Readonly<Record<string, string>>;
  /** What the function logs of it. Default: nothing. */
  readonly logged?: LogFields & { readonly event: string };
}

/** An error that ends a request; `createFunctionApp()` answers it. */
export class RequestError extends Error implements ErrorBody {
  override readonly name = "RequestError";

  /** @param code for programs: stable, in snake_case. */
  constructor(
    readonly statusCode: number,
    readonly code: string,
    message: string,
    readonly extras: RequestErrorExtras = {},
  ) {
    super(message);
  }
}

/** @returns the error for a job that does not exist. */
export function unknownJob(jobName: string): RequestError {
  return new RequestError(
    404,
    "unknown_job",
    `There is no job ${jobName}: none is registered or logged under this name.`,
  );
}

/**
 * @returns the error for a request that the database did not answer. The caller
 *   is authorised, so the reason may be given.
 */
export function databaseError(
  { kind, code, message }: RpcFailure,
  logged: RequestErrorExtras["logged"],
): RequestError {
  const reason = `${message} (${code}).`;
  return kind === "transient"
    ? new RequestError(
      503,
      "database_unavailable",
      `The database does not answer: ${reason}`,
      { logged },
    )
    : new RequestError(
      500,
      "database_error",
      `The database refused the question: ${reason}`,
      { logged },
    );
}
