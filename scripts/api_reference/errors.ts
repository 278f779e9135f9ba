import type { z } from "zod";
import { errorBody } from "../../supabase/functions/_shared/http/errors.ts";
import { type Answer, json } from "./operation.ts";

/** What an error answer says, by its first code. */
interface ErrorAnswer {
  readonly status: number;
  readonly when: string;
  readonly codes: Readonly<Record<string, string>>;
  /** The message of the example. */
  readonly message: string;
  /** Fields beside `error`, and an example of them. */
  readonly beside?: { readonly schema: z.ZodObject; readonly example: object };
}

/** @returns an answer in the one form of an error. */
export function errorAnswer(
  { status, when, codes, message, beside }: ErrorAnswer,
): Answer {
  const [code] = Object.keys(codes);
  return {
    status,
    when,
    codes,
    content: [json(
      beside === undefined
        ? errorBody
        : errorBody.extend(beside.schema.partial().shape),
      { error: { message, code, statusCode: status }, ...beside?.example },
    )],
  };
}

/** The error that every function answers another method with. */
export function methodNotAllowed(allowed: string): Answer {
  return errorAnswer({
    status: 405,
    when: `The method is not allowed; the header \`Allow\` lists ${allowed}.`,
    codes: { method_not_allowed: "Another method is needed." },
    message: `Allowed here: ${allowed}.`,
  });
}

/**
 * The errors that all functions which read have in common.
 *
 * @param example the message of a query that is refused.
 */
export function readersErrors(example: string): Answer[] {
  return [
    errorAnswer({
      status: 400,
      when: "The query is not as expected; the message says what is wrong.",
      codes: {
        invalid_query: "A parameter is unknown, invalid, or given twice.",
      },
      message: `The query is not as expected: ${example}.`,
    }),
    errorAnswer({
      status: 401,
      when: "There are no credentials, or they are not valid.",
      codes: { unauthorized: "A key or a token is needed." },
      message: "This takes a read key or a job key, in X-API-Key or as " +
        "Authorization: Bearer; or a secret key of the project in apikey; or " +
        "the token of a signed-in admin as Authorization: Bearer.",
    }),
    errorAnswer({
      status: 403,
      when: "The caller is signed in but is not an admin.",
      codes: { forbidden: "The role admin in user_roles is needed." },
      message: "You are signed in, but only an admin may do this. An admin " +
        "has a row with the role admin in user_roles.",
    }),
    methodNotAllowed("GET, HEAD, OPTIONS"),
    errorAnswer({
      status: 500,
      when: "The server is set up wrongly or has a fault.",
      codes: {
        database_error: "The database refused the question.",
        internal_error: "The function failed; its log says why.",
      },
      message: "The database refused the question: permission denied for " +
        "function list_job_runs (42501).",
    }),
    errorAnswer({
      status: 503,
      when: "The fault is temporary, or a setting is missing.",
      codes: {
        database_unavailable: "The database does not answer.",
        sign_in_unavailable: "No token can be verified at the moment.",
        not_configured: "The server has no key, so that none is accepted.",
      },
      message: "The database does not answer: Connection refused (network).",
    }),
  ];
}

/** The answer to a question about a job that does not exist. */
export const unknownJob = {
  status: 404,
  when: "There is no such job.",
  codes: { unknown_job: "No job is registered or logged under this name." },
  message: "There is no job mistyped: none is registered or logged under " +
    "this name.",
} as const;
