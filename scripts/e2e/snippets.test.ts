import { deepEqual, equal, match, ok } from "node:assert/strict";
import { withDatabase } from "./support/database.ts";
import { readPage } from "./support/pages.ts";
import { rolledBack } from "./support/rolled_back.ts";
import { readSnippets } from "./support/snippets.ts";

Deno.test("every saved query starts with a question, the meaning of its answer and what to do", async () => {
  for (const { name, question, head } of await readSnippets()) {
    match(question, /^[A-Z].*\?$/, name);
    deepEqual(Object.keys(head), ["Answer", "Columns", "To do"], name);
  }
});

Deno.test("the pages that saved queries name exist", async () => {
  for (const { name, sql } of await readSnippets()) {
    const paths = sql.match(/docs\/[a-z/-]+\.md/g) ?? [];
    for (const path of paths) ok((await readPage(path)).title, name);
  }
});

Deno.test("every saved query runs as postgres, changes nothing, and has the columns of its head", () =>
  withDatabase(async (sql) => {
    const [role] = await sql`
      select current_user as name, rolsuper as is_superuser
      from pg_roles
      where rolname = current_user
    `;
    deepEqual({ ...role }, { name: "postgres", is_superuser: false });

    const snippets = await readSnippets();
    ok(snippets.length > 0);
    for (const snippet of snippets) {
      await rolledBack(sql, async (transaction) => {
        await transaction`set transaction read only`;
        const statement = await transaction.unsafe(snippet.sql).describe();
        deepEqual(
          statement.columns.map(({ name }) => name),
          snippet.columns,
          snippet.name,
        );
        const rows = await transaction.unsafe(snippet.sql);
        equal(rows.command, "SELECT", snippet.name);
      });
    }
  }));
