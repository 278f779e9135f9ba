import { singleLine } from "../../supabase/functions/_shared/truncate.ts";

/** How a column is aligned. */
export type Alignment = "left" | "right";

/** One column of a table for the terminal. */
export interface Column<Row> {
  readonly title: string;
  readonly align?: Alignment;
  readonly value: (row: Row) => string;
  /** Colours a cell: adds control sequences and nothing that takes room. */
  readonly paint?: (cell: string, row: Row) => string;
  /**
   * What happens to the column in a table that would be too wide: it is dropped,
   * or its cells are cut as far as needed.
   */
  readonly whenNarrow?: "drop" | "cut";
}

/** How to lay out a table. */
export interface TableOptions {
  /** In characters. Default: as wide as it gets. */
  readonly maxWidth?: number;
}

const GAP = "  ";
const NARROWEST_CUT = 20;

/**
 * Lays rows out as a table of plain text, two spaces between the columns. What
 * would control the terminal is not in it, whatever the rows hold.
 *
 * Where that is wider than allowed, cells that may be cut are, down to 20
 * characters. Where that is not enough, columns that may be dropped go, the
 * last first; else all that may be cut go, and as few of the others as will do.
 * A table that is still too wide stays so.
 *
 * @returns the lines without a trailing newline.
 */
export function formatTable<Row>(
  columns: readonly Column<Row>[],
  rows: readonly Row[],
  { maxWidth = Infinity }: TableOptions = {},
): string {
  const shown = fitColumns(
    columns.map((column) => measure(column, rows)),
    maxWidth,
  );
  const rule = shown.map(({ width }) => "─".repeat(width));
  return [
    shown.map(({ column, width }) => pad(column.title, width, column.align)),
    rule,
    ...rows.map((row) => shown.map((measured) => formatCell(measured, row))),
  ].map((cells) => cells.join(GAP).trimEnd()).join("\n");
}

interface Measured<Row> {
  readonly column: Column<Row>;
  readonly width: number;
}

function measure<Row>(
  column: Column<Row>,
  rows: readonly Row[],
): Measured<Row> {
  const cells = [
    column.title,
    ...rows.map((row) => singleLine(column.value(row))),
  ];
  return { column, width: Math.max(...cells.map((cell) => [...cell].length)) };
}

function fitColumns<Row>(
  columns: readonly Measured<Row>[],
  maxWidth: number,
): Measured<Row>[] {
  const layouts = [
    ...droppingLast(columns),
    ...droppingLast(
      columns.filter(({ column }) => column.whenNarrow !== "cut"),
    ),
  ];
  const layout = layouts.find((layout) => leastWidth(layout) <= maxWidth) ??
    layouts[layouts.length - 1];

  let excess = widthOf(layout) - maxWidth;
  return layout.map((measured) => {
    const room = measured.width - leastWidth([measured]);
    const less = Math.min(Math.max(0, excess), room);
    excess -= less;
    return { ...measured, width: measured.width - less };
  });
}

/** The columns, without the last that may be dropped, and so on. */
function droppingLast<Row>(
  columns: readonly Measured<Row>[],
): (readonly Measured<Row>[])[] {
  const last = columns.findLastIndex(({ column }) =>
    column.whenNarrow === "drop"
  );
  return last === -1
    ? [columns]
    : [columns, ...droppingLast(columns.toSpliced(last, 1))];
}

function leastWidth<Row>(columns: readonly Measured<Row>[]): number {
  return widthOf(columns.map(({ column, width }) => ({
    width: column.whenNarrow === "cut"
      ? Math.min(width, Math.max(NARROWEST_CUT, [...column.title].length))
      : width,
  })));
}

function widthOf(columns: readonly { readonly width: number }[]): number {
  const gaps = GAP.length * Math.max(0, columns.length - 1);
  return columns.reduce((sum, { width }) => sum + width, gaps);
}

function formatCell<Row>({ column, width }: Measured<Row>, row: Row): string {
  const { value, align, paint = (cell: string) => cell } = column;
  const cell = cutTo(singleLine(value(row)), width);
  return pad(cell, width, align, paint(cell, row));
}

function cutTo(text: string, width: number): string {
  const characters = [...text];
  return characters.length <= width
    ? text
    : `${characters.slice(0, width - 1).join("")}…`;
}

function pad(
  text: string,
  width: number,
  align: Alignment = "left",
  painted = text,
): string {
  const space = " ".repeat(width - [...text].length);
  return align === "right" ? space + painted : painted + space;
}
