import { equal } from "node:assert/strict";
import { fileURLToPath } from "node:url";
import { readNameMap } from "./name_map.ts";
import { readPackage } from "./package_sources.ts";
import { renderSources } from "./rendering.ts";

const root = fileURLToPath(new URL("../../../", import.meta.url));
const { sources, domain } = await readPackage(root);

/** Names of a project that are ours, each for another thing. */
const EXCHANGED: Readonly<Record<string, string>> = {
  installments: "public.payment_plans",
  "installments.id": "payment_plan_id",
  "installments.payment_plan_id": "id",
  "installments.amount": "status",
  "installments.status": "amount",
  "installments.student_due_date": "order",
  "installments.status.pending": "due",
  "installments.status.overdue": "pending",
  payment_plans: "public.installments",
  "payment_plans.agency_id": "group",
  "payment_plans.status": "table",
  "payment_plans.status.active": "draft",
  "payment_plans.status.draft": "active",
  "agencies.name": "timezone",
  "agencies.timezone": "name",
};

Deno.test("a project's names that are ours for other things are not taken for ours", () => {
  const entries = Object.entries(EXCHANGED);
  // The same with names that are nobody's, which are exchanged in the text.
  const strange = new Map(entries.map(([ours, theirs], at) => {
    const [schema, table] = theirs.split(".");
    const name = `strange${String.fromCharCode(97 + at)}strange`;
    return [
      ours,
      table === undefined
        ? { name, theirs, full: name }
        : { name, theirs: table, full: `${schema}.${name}` },
    ] as const;
  }));
  const render = (names: Readonly<Record<string, string>>) => {
    const map = readNameMap({ agencies: "public.agencies", ...names }, domain);
    const columns = new Map(
      [...domain.tables].map(([table, columns]) => [
        table,
        new Set(
          [...columns.keys()].map((column) =>
            names[`${table}.${column}`] ?? column
          ),
        ),
      ]),
    );
    return renderSources(
      sources,
      { map, columns, defaultTimezone: null },
      domain,
    ).texts;
  };
  const exchanged = render(EXCHANGED);
  const strangers = render(
    Object.fromEntries([...strange].map(([ours, { full }]) => [ours, full])),
  );
  for (const [path, text] of strangers) {
    if (path === "manifest.sql") continue;
    let expected = text;
    for (const { name, theirs } of strange.values()) {
      expected = expected.replaceAll(name, theirs);
    }
    equal(exchanged.get(path), expected, path);
  }
});
