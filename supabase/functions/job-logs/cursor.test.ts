import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import { cursor, writeCursor } from "./cursor.ts";

const ID = "11111111-1111-4111-8111-111111111111";

const encode = (value: unknown) =>
  Buffer.from(JSON.stringify(value)).toString("base64url");

Deno.test("a cursor gives back its run, to the microsecond, from any zone", () => {
  for (
    const [startedAt, utc] of [
      ["2026-03-10T07:00:00+00:00", "2026-03-10T07:00:00.000000Z"],
      ["2026-03-10T07:00:00.123456+00:00", "2026-03-10T07:00:00.123456Z"],
      ["2026-03-10T12:45:00.5+05:45", "2026-03-10T07:00:00.500000Z"],
    ]
  ) {
    const text = writeCursor({ startedAt, id: ID });
    assert.match(text, /^[\w-]+$/);
    assert.deepEqual(cursor.parse(text), { startedAt: utc, id: ID });
  }
});

Deno.test("a text that is no cursor is refused, and what it holds is not repeated", () => {
  for (
    const text of [
      "",
      "x",
      "!!!",
      "null",
      "'; drop table jobs_log; --",
      writeCursor({ startedAt: "2026-03-10T07:00:00Z", id: ID }).slice(0, -4),
      encode(null),
      encode({}),
      encode([]),
      encode(["2026-03-10T07:00:00Z"]),
      encode(["2026-03-10T07:00:00Z", ID, "more"]),
      encode(["2026-03-10T07:00:00Z", "x"]),
      encode(["2026-03-10", ID]),
      encode(["0000-01-01T00:00:00Z", ID]),
      encode(["infinity", ID]),
      encode([1773100800000, ID]),
      encode(["2026-03-10T07:00:00Z'; drop table jobs_log; --", ID]),
      encode(["2026-03-10T07:00:00Z", `${ID}' or 'a' = 'a`]),
    ]
  ) {
    const parsed = cursor.safeParse(text);
    assert.deepEqual(
      parsed.error?.issues.map(({ message }) => message),
      ["must be a meta.nextCursor, unchanged"],
      text,
    );
  }
});
