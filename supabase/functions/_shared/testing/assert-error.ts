import assert from "node:assert/strict";

/** What an error answer holds. */
export type ErrorAnswerBody =
  & { readonly error: { readonly message: string } }
  & Readonly<Record<string, unknown>>;

/**
 * Asserts that a response is an error in the standard form, readable by
 * browsers and not cached.
 *
 * @returns its message.
 */
export async function assertError(
  response: Response,
  statusCode: number,
  code: string,
): Promise<string> {
  return (await errorBody(response, statusCode, code)).error.message;
}

/**
 * Asserts the same as `assertError()`.
 *
 * @returns the whole body: an error may have fields beside it.
 */
export async function errorBody(
  response: Response,
  statusCode: number,
  code: string,
): Promise<ErrorAnswerBody> {
  assert.equal(response.status, statusCode);
  assert.equal(response.headers.get("Access-Control-Allow-Origin"), "*");
  assert.equal(response.headers.get("Cache-Control"), "no-store");
  assert.match(
    response.headers.get("Content-Type") ?? "",
    /^application\/json/,
  );
  const body = await response.json();
  assert.deepEqual({ ...body.error, message: "" }, {
    code,
    statusCode,
    message: "",
  });
  assert.notEqual(body.error.message, "");
  return body;
}
