import assert from "node:assert/strict";
import { type Column, formatTable } from "./table.ts";

Deno.test("columns are as wide as their widest cell and numbers end together", () => {
  const table = formatTable<{ name: string; count: number }>([
    { title: "agency", value: (row) => row.name },
    { title: "n", align: "right", value: (row) => String(row.count) },
  ], [{ name: "Rive Gauche Études", count: 7 }, { name: "UTC", count: 12 }]);
  assert.equal(
    table,
    [
      "agency               n",
      "──────────────────  ──",
      "Rive Gauche Études   7",
      "UTC                 12",
    ].join("\n"),
  );
});

const run = {
  job: "sync",
  status: "failed",
  started: "07:00",
  error: "x".repeat(40),
};
const columns: readonly Column<typeof run>[] = [
  { title: "job", value: ({ job }) => job },
  { title: "status", value: ({ status }) => status, whenNarrow: "drop" },
  { title: "started", value: ({ started }) => started, whenNarrow: "drop" },
  { title: "error", value: ({ error }) => error, whenNarrow: "cut" },
];

const linesOf = (maxWidth: number) =>
  formatTable(columns, [run], { maxWidth }).split("\n");

Deno.test("a table that fits is as wide as it gets", () => {
  assert.deepEqual(linesOf(63), [
    "job   status  started  error",
    `────  ──────  ───────  ${"─".repeat(40)}`,
    `sync  failed  07:00    ${"x".repeat(40)}`,
  ]);
});

Deno.test("a text that may be cut is cut before a column is dropped, down to 20", () => {
  assert.equal(linesOf(62)[2], `sync  failed  07:00    ${"x".repeat(38)}…`);
  assert.equal(linesOf(43)[2], `sync  failed  07:00    ${"x".repeat(19)}…`);
});

Deno.test("columns that may be dropped go, the last first", () => {
  assert.equal(linesOf(42)[2], `sync  failed  ${"x".repeat(27)}…`);
  assert.equal(linesOf(33)[2], `sync  ${"x".repeat(26)}…`);
});

Deno.test("a text that cannot be cut enough goes, and columns come back for it", () => {
  assert.equal(linesOf(26)[2], `sync  ${"x".repeat(19)}…`);
  assert.equal(linesOf(25)[2], "sync  failed  07:00");
  assert.equal(linesOf(20)[2], "sync  failed");
});

Deno.test("a column that must stay does so, however narrow the table is", () => {
  assert.equal(linesOf(1)[2], "sync");
});

Deno.test("colours take no room, and blanks stay without them", () => {
  const table = formatTable<string>([
    { title: "a", value: (row) => row, paint: (cell) => `<${cell}>` },
    {
      title: "bb",
      align: "right",
      value: () => "1",
      paint: (cell) => `<${cell}>`,
    },
  ], ["x", "yyy"]);
  assert.equal(
    table,
    ["a    bb", "───  ──", "<x>     <1>", "<yyy>   <1>"].join("\n"),
  );
});

Deno.test("nothing in a cell controls the terminal, breaks the line or takes room unseen", () => {
  const evil = "\x1b]0;owned\x07Acme\x1b[2J\x9b31m\r\n\u202eLtd\u2066";
  const table = formatTable<string>([
    { title: "agency", value: (row) => row },
    { title: "n", value: () => "1" },
  ], [evil, "B"]);
  assert.equal(
    table,
    [
      "agency                     n",
      "─────────────────────────  ─",
      "]0;owned Acme [2J 31m Ltd  1",
      "B                          1",
    ].join("\n"),
  );
});
