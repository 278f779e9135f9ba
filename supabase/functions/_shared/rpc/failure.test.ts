import assert from "node:assert/strict";
import { databaseError, networkError } from "../testing/fake-runs.ts";
import { VERSION } from "../version.ts";
import { classifyFailure } from "./failure.ts";

Deno.test("database errors that may pass are transient", () => {
  for (
    const code of [
      "08000",
      "08006",
      "40001",
      "40P01",
      "53300",
      "53400",
      "57014",
      "57P01",
      "55P03",
      "PGRST000",
      "PGRST001",
      "PGRST002",
      "PGRST003",
    ]
  ) {
    const failure = classifyFailure(databaseError(code, "oops", 500));
    assert.equal(failure.kind, "transient", code);
    assert.equal(failure.code, code);
  }
});

Deno.test("database errors that will come again are permanent, 5xx or not", () => {
  for (
    const code of [
      "21000",
      "22P02",
      "23505",
      "42501",
      "42883",
      "55000",
      "P0001",
      "PT409",
      "XX000",
      "PGRST004",
      "PGRST202",
      "PGRST301",
    ]
  ) {
    for (const status of [400, 404, 500, 503]) {
      const failure = classifyFailure(databaseError(code, "oops", status));
      assert.equal(failure.kind, "permanent", `${code} with ${status}`);
    }
  }
});

Deno.test("a function that the database does not have means a migration that was not applied", () => {
  const { kind, message } = classifyFailure(
    databaseError("PGRST202", "Could not find the function public.f(a)", 404),
  );
  assert.equal(kind, "permanent");
  assert(message.includes(`the migration of Duewatch ${VERSION} was not`));
  assert(message.endsWith(" Could not find the function public.f(a)"));
});

Deno.test("a missing answer is transient and names its root cause", () => {
  assert.deepEqual(classifyFailure(networkError), {
    kind: "transient",
    reason: "network",
    code: "network",
    message: "error sending request: client error (Connect): " +
      "Connection refused (os error 111)",
  });
});

Deno.test("a time-out is transient", () => {
  const failure = classifyFailure({
    status: 0,
    data: null,
    error: { message: "TimeoutError: the time limit of 70 s was reached" },
  });
  assert.equal(failure.kind, "transient");
  assert.equal(failure.reason, "timeout");
});

Deno.test("5xx without SQLSTATE is transient, other statuses are not", () => {
  const kind = (status: number, error: unknown) =>
    classifyFailure({ status, data: null, error }).kind;
  for (const status of [500, 502, 503, 504, 520, 546]) {
    assert.equal(kind(status, { message: "<html></html>" }), "transient");
  }
  for (const status of [200, 400, 401, 403, 404, 406, 429]) {
    assert.equal(kind(status, { message: "no" }), "permanent", `${status}`);
  }
  for (const error of [null, "oops", 1, [], { message: null }]) {
    assert.equal(kind(502, error), "transient");
  }
});

Deno.test("a gateway's error page is cut short and stays storable", () => {
  const page = "\u0000<html>-" + "😀".repeat(500);
  const { message } = classifyFailure({
    status: 502,
    data: null,
    error: { message: page },
  });
  assert(message.length <= 300);
  assert.equal(message.includes("\u0000"), false);
  assert.equal(message.isWellFormed(), true);
});

Deno.test("a database message is passed on whole", () => {
  const text = `it's "quoted"\n${"x".repeat(100_000)}`;
  assert.equal(classifyFailure(databaseError("P0001", text)).message, text);
});
