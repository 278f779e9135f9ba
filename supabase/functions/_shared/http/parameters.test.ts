import assert from "node:assert/strict";
import type { z } from "zod";
import { instant, jobName, wholeNumber } from "./parameters.ts";

/** What the schema makes of a text, or the sentence with which it refuses. */
function read(schema: z.ZodType, text: string): unknown {
  const parsed = schema.safeParse(text);
  return parsed.success
    ? parsed.data
    : { refused: parsed.error.issues.map(({ message }) => message).join("; ") };
}

Deno.test("a whole number is read from its digits, within its bounds", () => {
  const limit = wholeNumber(1, 100);
  const refused = { refused: "must be a whole number from 1 to 100" };
  for (const [text, number] of [["1", 1], ["100", 100], ["007", 7]] as const) {
    assert.equal(read(limit, text), number);
  }
  for (
    const text of [
      "0",
      "101",
      "-1",
      "",
      " ",
      " 7",
      "1.5",
      "1e1",
      "0x10",
      "+7",
      "abc",
      "٣",
      "NaN",
      "Infinity",
      "9".repeat(400),
      "1; drop table jobs_log",
    ]
  ) {
    assert.deepEqual(read(limit, text), refused, text);
  }
});

Deno.test("an instant is read as UTC, to the microsecond", () => {
  for (
    const [text, utc] of [
      ["2026-03-01T00:00:00Z", "2026-03-01T00:00:00.000000Z"],
      ["2026-03-01T10:00:00.5+10:00", "2026-03-01T00:00:00.500000Z"],
      ["2026-02-28T18:15:00.123456-05:45", "2026-03-01T00:00:00.123456Z"],
      ["2026-03-01T00:00:00.1234567Z", "2026-03-01T00:00:00.123456Z"],
      ["2026-03-01T00:00:00+23:59", "2026-02-28T00:01:00.000000Z"],
      ["2024-02-29T00:00:00Z", "2024-02-29T00:00:00.000000Z"],
      ["0001-01-01T00:00:00Z", "0001-01-01T00:00:00.000000Z"],
    ]
  ) {
    assert.equal(read(instant, text), utc);
  }
});

Deno.test("a text that is no instant is refused with an example", () => {
  for (
    const text of [
      "",
      "now",
      "yesterday",
      "1773100800000",
      "2026-03-01",
      "2026-03-01 00:00:00Z",
      "2026-03-01T00:00:00",
      "2026-03-01T00:00Z",
      "2026-03-01T24:00:00Z",
      "2026-02-29T00:00:00Z",
      "2026-13-01T00:00:00Z",
      "+010000-01-01T00:00:00Z",
      // A + that was not escaped.
      "2026-03-01T00:00:00 10:00",
    ]
  ) {
    const { refused } = read(instant, text) as { refused: string };
    assert.match(refused, /such as 2026-03-01T00:00:00Z.*%2B/, text);
  }
});

Deno.test("an instant that Postgres would write otherwise is refused", () => {
  for (
    const text of [
      "0000-12-31T00:00:00Z",
      "0001-01-01T00:00:00+01:00",
      "9999-12-31T23:59:59-01:00",
    ]
  ) {
    assert.deepEqual(
      read(instant, text),
      { refused: "must be in the years 1 to 9999" },
      text,
    );
  }
});

Deno.test("a job has any name that Postgres can store", () => {
  for (const name of ["a", "Ünï ‘; drop table jobs_log; --", "*", "a\nb"]) {
    assert.equal(read(jobName, name), name);
  }
  assert.deepEqual(read(jobName, ""), { refused: "must not be empty" });
  assert.deepEqual(read(jobName, "a\0b"), {
    refused: "must not hold a NUL character or half of a surrogate pair",
  });
});
