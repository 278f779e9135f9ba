import assert from "node:assert/strict";
import { formatTable } from "./table.ts";

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
