/** How a column is aligned. */
export type Alignment = "left" | "right";

/** One column of a table for the terminal. */
export interface Column<Row> {
  readonly title: string;
  readonly align?: Alignment;
  readonly value: (row: Row) => string;
}

/**
 * Lays rows out as a table of plain text, two spaces between the columns.
 *
 * @returns the lines without a trailing newline.
 */
export function formatTable<Row>(
  columns: readonly Column<Row>[],
  rows: readonly Row[],
): string {
  const cells = [
    columns.map((column) => column.title),
    ...rows.map((row) => columns.map((column) => column.value(row))),
  ];
  const widths = columns.map((_, index) =>
    Math.max(...cells.map((line) => [...line[index]].length))
  );
  const lines = cells.map((line) =>
    line.map((cell, index) => pad(cell, widths[index], columns[index].align))
      .join("  ").trimEnd()
  );
  const rule = widths.map((width) => "─".repeat(width)).join("  ");
  return [lines[0], rule, ...lines.slice(1)].join("\n");
}

function pad(text: string, width: number, align: Alignment = "left"): string {
  const space = " ".repeat(width - [...text].length);
  return align === "right" ? space + text : text + space;
}
