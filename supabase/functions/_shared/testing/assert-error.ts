import assert from "node:assert/strict";

/**
 * Asserts that a response is an error in the standard form, for browsers to see
 * and for nobody to cache.
 *
 * @returns its message.
 */
export async function assertError(
  response: Response,
  statusCode: number,
  code: string,
): Promise<string> {
  assert.equal(response.status, statusCode);
  assert.equal(response.headers.get("Access-Control-Allow-Origin"), "*");
  assert.equal(response.headers.get("Cache-Control"), "no-store");
  const { error } = await response.json();
  assert.deepEqual({ ...error, message: "" }, {
    code,
    statusCode,
    message: "",
  });
  assert.notEqual(error.message, "");
  return error.message;
}
