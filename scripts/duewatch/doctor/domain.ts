import type { Domain } from "../names/domain.ts";
import { columnName, type NameMap, tableSql } from "../names/name_map.ts";
import { identifier, literal } from "../names/tokens.ts";
import type { ProjectDatabase } from "../preflight/database.ts";
import { displayName, judgeColumns } from "../preflight/judge_columns.ts";
import { type DomainFacts, lookAtTables } from "../preflight/look.ts";
import { type Fault, fault } from "./fault.ts";

/** Looks whether the project's tables still are what Duewatch was installed on. */
export async function examineTables(
  database: ProjectDatabase,
  map: NameMap,
  domain: Domain,
): Promise<Fault[]> {
  return tableFaults(
    await lookAtTables(database, { map, domain }),
    map,
    domain,
  );
}

/**
 * Judges the project's own tables after the installation: what a migration of
 * the project has renamed or changed since.
 */
export function tableFaults(
  { tables, refused }: DomainFacts,
  map: NameMap,
  domain: Domain,
): Fault[] {
  const faults: Fault[] = [];
  for (const [table, columns] of domain.tables) {
    const present = tables[table];
    const name = displayName(map, table);
    const sql = tableSql(map, table);
    if (!present.exists) {
      faults.push(fault(
        "table_missing",
        `The table ${name} is missing: it was renamed or removed.`,
        "Duewatch reads it under this name. If it was renamed, give it its name " +
          "back. If it was removed, restore it from a backup.",
        {
          command: `alter table <its name now> rename to ${
            identifier(name.split(".").slice(1).join("."))
          };`,
        },
      ));
      continue;
    }
    const missing = [...columns.keys()].filter((column) =>
      present.columns[column] === undefined &&
      [domain.required, domain.added].some((set) =>
        set.has(`${table}.${column}`)
      )
    );
    for (const column of missing) {
      const theirs = columnName(map, table, column);
      faults.push(fault(
        "column_missing",
        `The column ${name}.${theirs} is missing: it was renamed or removed.`,
        "Duewatch reads it under this name. If it was renamed, give it its name " +
          "back. If it was removed, restore it from a backup.",
        {
          command: `alter table ${sql} rename column <its name now> to ${
            identifier(theirs)
          };`,
        },
      ));
    }
    const types = judgeColumns(table, present, columns, map, domain)
      .filter(({ level, what }) =>
        level === "stop" && what.includes(", and has to be ")
      );
    for (const { what } of types) {
      faults.push(fault(
        "column_type",
        `The column ${what}`,
        "A migration has changed its type. Give it the former type back.",
      ));
    }
    if (present.is_ours_to_change === false) {
      faults.push(fault(
        "table_owner",
        `${name} belongs to the role ${present.owner} now, so postgres may not ` +
          "change it unless it was granted that.",
        "Let postgres own it again, or be a member of its owner.",
        {
          severity: "warning",
          command: `alter table ${sql} owner to postgres;`,
        },
      ));
    }
  }
  for (const { ours, our_column, word, kind, name } of refused) {
    if (!tables[ours]?.exists) continue;
    const place = `${displayName(map, ours)}.${
      columnName(map, ours, our_column)
    }`;
    faults.push(fault(
      "status_refused",
      `${place} refuses ${
        literal(word)
      }, by the ${kind} ${name}: a value was ` +
        "renamed or taken out.",
      kind === "enum"
        ? "If the value was renamed, give it its name back; if it was never there, add it."
        : `Let it allow ${literal(word)} again. To see what it says:`,
      {
        command: kind === "enum"
          ? `alter type ${name} rename value '<its name now>' to ${
            literal(word)
          };`
          : `select pg_get_constraintdef(oid) from pg_constraint where conname = ${
            literal(name)
          };`,
      },
    ));
  }
  return faults;
}

/**
 * Leaves out what follows from a table or a column that is missing.
 *
 * @param tables what was found about the project's own tables.
 */
export function withoutConsequences(
  faults: readonly Fault[],
  tables: readonly Fault[],
): Fault[] {
  const isChanged = tables.some(({ code }) =>
    code === "table_missing" || code === "column_missing"
  );
  if (!isChanged) return [...faults];
  const lost = tables.filter(({ code }) => code === "table_missing")
    .map(({ what }) => /^The table (.+) is missing/.exec(what)?.[1] ?? "");
  return faults.filter(({ code, what }) =>
    code !== "index_missing" && code !== "agency_timezone" &&
    !what.includes("has every column that was added to it") &&
    !lost.some((name) =>
      what.includes(` on ${name} `) || what === `The table ${name} is missing.`
    )
  );
}
