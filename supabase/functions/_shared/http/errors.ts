/** What every error answer says. */
export interface ErrorBody {
  /** For the engineer who reads it. */
  readonly message: string;
  /** For programs: stable, in snake_case. */
  readonly code: string;
  /** The HTTP status, repeated for whoever sees the body alone. */
  readonly statusCode: number;
}

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
