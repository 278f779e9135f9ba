import assert from "node:assert/strict";
import { METRICS } from "./prometheus-metrics.ts";

const PAGE = new URL("../../../docs/reference/metrics.md", import.meta.url);

/** The rows of the table under this header, cell by cell. */
function tableUnder(header: string, page: string): string[][] {
  const lines = page.split("\n");
  const cells = (line: string) =>
    line.slice(1, -1).split("|").map((cell) => cell.trim());
  const begin = lines.findIndex((line) =>
    line.startsWith("|") && cells(line).join(" | ") === header
  );
  const rows = lines.slice(begin + 2);
  return rows
    .slice(0, rows.findIndex((line) => !line.startsWith("|")))
    .map(cells);
}

Deno.test("docs/reference/metrics.md lists every metric, as it is exposed", async () => {
  const page = await Deno.readTextFile(PAGE);
  assert.deepEqual(
    tableUnder("name | type | labels | meaning", page),
    METRICS.map(({ name, type, labels, help }) => [
      `\`${name}\``,
      type,
      labels.map((label) => `\`${label}\``).join(", "),
      help,
    ]),
  );
});
