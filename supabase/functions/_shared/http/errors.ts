import { z } from "zod";

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

/** An error that ends a request; `createFunctionApp()` answers it. */
export class RequestError extends Error implements ErrorBody {
  override readonly name = "RequestError";

  /** @param code for programs: stable, in snake_case. */
  constructor(
    readonly statusCode: number,
    readonly code: string,
    message: string,
  ) {
    super(message);
  }
}
