/** The parts of a database error that the Data API reports. */
interface DatabaseError {
  readonly code: string;
  readonly message: string;
  readonly detail?: string;
  readonly hint?: string;
}

// PostgREST's table of SQLSTATE classes and HTTP statuses, for the classes that
// the library answers with an anonymous 500. The first match counts.
const STATUSES: readonly (readonly [RegExp, number])[] = [
  [/^08/, 503],
  [/^(0L|0P|28)/, 403],
  [/^57P0[123]$/, 503],
  [/^(09|25|2D|38|39|3B|40|54|57|58|F0|HV|XX)/, 500],
  [/^P0001$/, 400],
  [/^P0/, 500],
  [/^23/, 400],
];

// These the library translates as PostgREST does.
const TRANSLATED = /^(PT|21|22|23502|23503|23505|25006|42|53|55)/;

/**
 * Gives a database error the answer that PostgREST gives, with its SQLSTATE.
 *
 * The library knows one way to state an answer in full: an error with the code
 * `PGRST` whose message and detail are JSON, as PostgREST lets functions raise.
 *
 * @returns the error to answer with, or the given one where the library's own
 *   translation is right.
 */
export function asPostgrestError(error: unknown): unknown {
  if (!isDatabaseError(error) || TRANSLATED.test(error.code)) return error;
  if (isConnectionLost(error)) return stated(503, connectionLost(error));
  const status = STATUSES.find(([pattern]) => pattern.test(error.code))?.[1];
  return status === undefined ? error : stated(status, error);
}

/**
 * The answer to a request that failed before its own statement, in looking at
 * the catalog, because the database is away. The library would say 500.
 *
 * @returns `null` for any other error.
 */
export function answerWithoutDatabase(error: unknown): Response | null {
  if (!isDatabaseError(error)) return null;
  if (!isConnectionLost(error) && !/^57P0[123]$/.test(error.code)) return null;
  const { code, message, detail } = connectionLost(error);
  return Response.json(
    { code, message, details: detail, hint: null },
    { status: 503 },
  );
}

function isConnectionLost(error: DatabaseError): boolean {
  return /^(CONNECT|CONNECTION_|ECONN|EPIPE)/.test(error.code);
}

function connectionLost(error: DatabaseError): DatabaseError {
  return {
    code: "PGRST001",
    message: "Database client error. Retrying the connection.",
    detail: error.message,
  };
}

function stated(status: number, error: DatabaseError): DatabaseError {
  return {
    code: "PGRST",
    message: JSON.stringify({
      code: error.code,
      message: error.message,
      details: error.detail ?? null,
      hint: error.hint ?? null,
    }),
    detail: JSON.stringify({ status, headers: {} }),
  };
}

function isDatabaseError(error: unknown): error is DatabaseError {
  return error instanceof Error && "code" in error &&
    typeof error.code === "string";
}
