import assert from "node:assert/strict";
import { PostgrestError } from "@supabase/supabase-js";
import { readAll } from "./read-all.ts";
import { fakeTables, type FakeTablesOptions } from "./testing/fake-tables.ts";

const agencies = (count: number) =>
  Array.from({ length: count }, (_, number) => ({
    id: String(count - number).padStart(8, "0"),
    name: `Agency ${number}`,
  }));

async function read(
  options: FakeTablesOptions,
  signal = new AbortController().signal,
) {
  const admin = fakeTables(options);
  return await readAll(() => admin.from("agencies").select("id, name"), signal);
}

Deno.test("every row is read once, by id, however many one answer may have", async () => {
  for (const count of [0, 1, 999, 1000, 1001, 2500]) {
    const rows = await read({ tables: { agencies: agencies(count) } });
    assert.deepEqual(rows, agencies(count).reverse());
  }
  const few = await read({ tables: { agencies: agencies(7) }, maxRows: 2 });
  assert.equal(few.length, 7);
});

Deno.test("what the database refuses is thrown", async () => {
  const refusal = { table: "agencies", code: "42501", message: "not for you" };
  await assert.rejects(
    read({ tables: { agencies: [] }, refusals: [refusal] }),
    (error) => error instanceof PostgrestError && error.code === "42501",
  );
});

Deno.test("an aborted signal ends the reading", async () => {
  const signal = AbortSignal.abort(new Error("no time left"));
  await assert.rejects(
    read({ tables: { agencies: agencies(1) } }, signal),
    /no time left|AbortError/,
  );
});
