import { singleLine } from "../../../supabase/functions/_shared/truncate.ts";
import { formatNumber } from "../../../supabase/functions/_shared/format.ts";
import { type Column, formatTable } from "../../stack/table.ts";
import { age } from "../text/age.ts";
import { toTheMinute } from "./instants.ts";
import { paintStatus, type View } from "./view.ts";

type Text = string | null | undefined;

/** Makes tables of one kind of row. Texts are put on one line. */
export function tableOf<Row>({ now, width: maxWidth, ...view }: View) {
  const text = (
    title: string,
    value: (row: Row) => Text,
    options: Partial<Column<Row>> = {},
  ): Column<Row> => ({
    title,
    value: (row) => singleLine(value(row) ?? ""),
    ...options,
  });
  return {
    text,
    /** A word in the colour of what it says. */
    status: (value: (row: Row) => string) =>
      text("status", value, { paint: (word) => paintStatus(word, view) }),
    number: (
      title: string,
      value: (row: Row) => number,
      paint?: Column<Row>["paint"],
    ) =>
      text(title, (row) => formatNumber(value(row)), { align: "right", paint }),
    /** How long ago an instant was, or in what time it will be. */
    age: (title: string, value: (row: Row) => Text) =>
      text(title, (row) => ifKnown(value(row), (iso) => age(iso, now))),
    /** An instant, to the minute, in UTC. */
    minute: (title: string, value: (row: Row) => Text) =>
      text(`${title} (UTC)`, (row) => ifKnown(value(row), toTheMinute)),
    format: (columns: readonly Column<Row>[], rows: readonly Row[]) =>
      formatTable(columns, rows, { maxWidth }),
  };
}

/** Columns that a narrow table leaves out, the last first. */
export function ifRoom<Row>(...columns: readonly Column<Row>[]): Column<Row>[] {
  return columns.map((column) => ({ ...column, whenNarrow: "drop" }));
}

function ifKnown(iso: Text, show: (iso: string) => string): string {
  return iso === null || iso === undefined ? "" : show(iso);
}
