/** A query of rows that have an id, as supabase-js builds it. */
interface Query<Row> {
  gt(column: "id", value: string): this;
  order(column: "id"): this;
  abortSignal(signal: AbortSignal): this;
  throwOnError(): PromiseLike<{ readonly data: Row[] }>;
}

/**
 * Reads every row of a query. One answer of the Data API is cut off at
 * `max_rows` (1000) without a word, so they are read page by page, by their
 * ids.
 *
 * @param query builds the query again for each page; without an order, and with
 *   `id` among its columns.
 * @throws {PostgrestError} when the database refuses; or the network's error.
 */
export async function readAll<Row extends { readonly id: string }>(
  query: () => Query<Row>,
  signal: AbortSignal,
): Promise<Row[]> {
  const rows: Row[] = [];
  for (;;) {
    const last = rows.at(-1);
    const rest = last === undefined ? query() : query().gt("id", last.id);
    const { data } = await rest.order("id").abortSignal(signal).throwOnError();
    if (data.length === 0) return rows;
    rows.push(...data);
  }
}
