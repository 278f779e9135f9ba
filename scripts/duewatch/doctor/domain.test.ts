import { deepEqual, equal, match } from "node:assert/strict";
import { readNameMap } from "../names/name_map.ts";
import { readPackage } from "../names/package_sources.ts";
import type { DomainFacts } from "../preflight/look.ts";
import { tableFaults, withoutConsequences } from "./domain.ts";
import { fault } from "./fault.ts";

const root = new URL("../../../", import.meta.url).pathname;
const { domain } = await readPackage(root);

/** Tables as Duewatch needs them. */
function tablesAsNeeded(): DomainFacts {
  const tables = [...domain.tables].map(([table, columns]) => [table, {
    exists: true,
    kind: "r",
    is_ours_to_change: true,
    owner: "postgres",
    columns: Object.fromEntries(
      [...columns].map(([column, type]) => [column, {
        name: column,
        type,
        base: BASES[type] ?? type,
        base_kind: "b",
      }]),
    ),
  }]);
  return {
    tables: Object.fromEntries(tables),
    refused: [],
  } as unknown as DomainFacts;
}

const BASES: Readonly<Record<string, string>> = {
  time: "time without time zone",
  int: "integer",
};

Deno.test("the judge of the project's tables names what was renamed after the installation", () => {
  const codes = (facts: DomainFacts, entries = {}) =>
    tableFaults(facts, readNameMap(entries, domain), domain)
      .map(({ code }) => code);
  deepEqual(codes(tablesAsNeeded()), []);

  const renamed = tablesAsNeeded();
  delete renamed.tables.installments.columns.student_due_date;
  const [column] = tableFaults(
    renamed,
    readNameMap({
      installments: "billing.Fee Schedule",
      "installments.student_due_date": "due on",
    }, domain),
    domain,
  );
  equal(column.code, "column_missing");
  match(column.what, /^The column billing\.Fee Schedule\.due on is missing/);
  equal(
    column.command,
    'alter table "billing"."Fee Schedule" rename column <its name now> to "due on";',
  );

  const gone = tablesAsNeeded();
  gone.tables.installments.exists = false;
  deepEqual(codes(gone), ["table_missing"]);
  const changed = tablesAsNeeded();
  changed.tables.installments.columns.student_due_date.base =
    "timestamp with time zone";
  deepEqual(codes(changed), ["column_type"]);
  const moved = tablesAsNeeded();
  Object.assign(moved.tables.installments, {
    is_ours_to_change: false,
    owner: "somebody",
  });
  deepEqual(codes(moved), ["table_owner"]);
  const refused = [{
    ours: "installments",
    our_column: "status",
    word: "overdue",
    kind: "enum" as const,
    name: "public.state",
  }];
  const [enumChanged] = tableFaults(
    { ...tablesAsNeeded(), refused },
    new Map(),
    domain,
  );
  equal(enumChanged.code, "status_refused");
  match(
    enumChanged.command,
    /^alter type public\.state rename value .* to 'overdue';$/,
  );
});

Deno.test("what follows from a renamed table or column is left out", () => {
  const index = fault("index_missing", "The column … has no index.", "");
  const trigger = fault(
    "object_missing",
    "The trigger mark on public.installments is missing.",
    "",
  );
  const other = fault("object_missing", "The view public.x is missing.", "");
  const lost = fault(
    "table_missing",
    "The table public.installments is missing: it was renamed or removed.",
    "",
  );
  const all = [index, trigger, other];
  deepEqual(withoutConsequences(all, []), all);
  deepEqual(withoutConsequences(all, [lost]), [other]);
});
