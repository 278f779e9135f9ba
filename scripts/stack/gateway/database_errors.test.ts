import assert from "node:assert/strict";
import { answerWithoutDatabase, asPostgrestError } from "./database_errors.ts";

function databaseError(code: string): Error {
  return Object.assign(new Error("it failed"), { code });
}

function answerTo(code: string): { status: number; code: string } {
  const error = asPostgrestError(databaseError(code));
  assert.ok(
    typeof error === "object" && error !== null && "message" in error &&
      "detail" in error,
  );
  const { status } = JSON.parse(String(error.detail));
  return { status, code: JSON.parse(String(error.message)).code };
}

Deno.test("a statement time-out is a 500 that keeps its SQLSTATE", () => {
  assert.deepEqual(answerTo("57014"), { status: 500, code: "57014" });
});

Deno.test("a raised exception is the caller's mistake", () => {
  assert.deepEqual(answerTo("P0001"), { status: 400, code: "P0001" });
});

Deno.test("a violated check is the caller's mistake", () => {
  assert.deepEqual(answerTo("23514"), { status: 400, code: "23514" });
});

Deno.test("a serialization failure is a 500", () => {
  assert.deepEqual(answerTo("40001"), { status: 500, code: "40001" });
});

Deno.test("a database that is down is a 503", () => {
  for (const code of ["ECONNREFUSED", "EPIPE"]) {
    assert.deepEqual(answerTo(code), { status: 503, code: "PGRST001" });
  }
  assert.deepEqual(answerTo("57P01"), { status: 503, code: "57P01" });
  for (const code of ["ECONNREFUSED", "57P03"]) {
    assert.equal(answerWithoutDatabase(databaseError(code))?.status, 503);
  }
  assert.equal(answerWithoutDatabase(databaseError("42501")), null);
});

Deno.test("what the library translates itself is left to it", () => {
  for (const code of ["PT409", "42501", "23505", "55P03"]) {
    const error = databaseError(code);
    assert.equal(asPostgrestError(error), error);
  }
});
