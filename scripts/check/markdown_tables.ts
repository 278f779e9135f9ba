/** A row of a table in a page: the cell of each column by its heading. */
export type TableRow = Readonly<Record<string, string>>;

/**
 * Reads the tables beneath a heading, down to the next heading of any level.
 *
 * @returns the rows of each table, in order.
 * @throws when the page has no such heading.
 */
export function tablesUnder(page: string, heading: string): TableRow[][] {
  const lines = page.split("\n");
  const start = lines.findIndex((line) =>
    /^#+ /.test(line) &&
    line.replace(/^#+ /, "") === heading
  );
  if (start < 0) throw new Error(`There is no heading "${heading}".`);
  const length = lines.slice(start + 1).findIndex((line) => /^#+ /.test(line));
  const section = lines.slice(
    start + 1,
    length < 0 ? undefined : start + 1 + length,
  );
  return section.join("\n").split(/\n(?!\|)/)
    .map((block) => block.split("\n").filter((line) => line.startsWith("|")))
    .filter((rows) => rows.length > 1)
    .map(([head, , ...rows]) => {
      const names = cellsOf(head);
      return rows.map((row) =>
        Object.fromEntries(
          cellsOf(row).map((cell, column) => [names[column], cell]),
        )
      );
    });
}

/** The words in code style in a cell. */
export function codeIn(cell: string): string[] {
  return [...cell.matchAll(/`([^`]+)`/g)].map(([, word]) => word);
}

function cellsOf(line: string): string[] {
  return line.slice(1, -1).split("|").map((cell) => cell.trim());
}
