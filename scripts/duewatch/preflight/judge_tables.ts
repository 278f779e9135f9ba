import type { Domain } from "../names/domain.ts";
import { columnName, type NameMap, tableSql } from "../names/name_map.ts";
import { identifier, literal } from "../names/tokens.ts";
import type { Facts, RefusedWord, TableFacts } from "./facts.ts";
import type { Finding } from "./finding.ts";
import { displayName, judgeColumns } from "./judge_columns.ts";
import { judgeMarking } from "./judge_marking.ts";
import { judgeReaders } from "./judge_readers.ts";

/** Judges the tables that a project has. */
export function judgeTables(
  facts: Facts,
  map: NameMap,
  domain: Domain,
): Finding[] {
  const findings: Finding[] = [];
  for (const [table, columns] of domain.tables) {
    const present = facts.tables[table];
    const name = displayName(map, table);
    if (!present.exists) {
      findings.push(
        map.has(table)
          ? {
            level: "stop",
            what: `There is no table ${name}, which --map names.`,
            todo:
              "Write the name as it is in the catalog: select schemaname, tablename from pg_tables;",
          }
          : {
            level: "note",
            what: `${name} is not there and will be created.`,
            todo:
              `If your table has another name: --map ${table}=<schema>.<table>`,
          },
      );
      continue;
    }
    findings.push(
      ...shape(table, name, present, map),
      ...judgeColumns(table, present, columns, map, domain),
      ...deletions(table, name, present, map),
    );
  }
  findings.push(
    ...facts.refused.map((word) => refusedWord(word, map, facts)),
    ...zones(facts, map),
    ...judgeReaders(facts, map),
    ...judgeMarking(facts, map),
  );
  return findings;
}

function shape(
  table: string,
  name: string,
  present: TableFacts,
  map: NameMap,
): Finding[] {
  if (!/^[rp]$/.test(present.kind ?? "")) {
    return [{
      level: "stop",
      what: `${name} is no table.`,
      todo:
        `Duewatch works on tables. Name the table behind it: --map ${table}=<schema>.<table>`,
    }];
  }
  // Triggers, columns and indexes are added as the role that migrates.
  if (present.is_ours_to_change) {
    return present.rls ? [] : [{
      level: "do",
      what:
        `${name} has no row level security. Until it has, deploy does not ` +
        "turn the schedule on.",
      todo: `alter table ${
        tableSql(map, table)
      } enable row level security; -- and policies`,
    }];
  }
  return [{
    level: "stop",
    what:
      `${name} belongs to the role ${present.owner}, so migrations cannot add to it.`,
    todo: "Let postgres own it, or be a member of its owner.",
  }];
}

function refusedWord(
  { ours, our_column, word, kind, name }: RefusedWord,
  map: NameMap,
  facts: Facts,
): Finding {
  const place = `${displayName(map, ours)}.${
    columnName(map, ours, our_column)
  }`;
  const common = facts.tables[ours].common_words;
  const seen = our_column !== "status" || common === null
    ? ""
    : ` Common values there: ${common}.`;
  const other =
    `If you have another word for it: --map ${ours}.${our_column}.<our word>=<yours>`;
  if (kind === "enum") {
    return {
      level: "do",
      what: `The type ${name} of ${place} has no value ${literal(word)}. An ` +
        `earlier migration of its own will add it.${seen}`,
      todo: other,
    };
  }
  const table = tableSql(map, ours);
  return {
    level: "stop",
    what: `${place} refuses ${literal(word)}, by the ${kind} ${name}.${seen}`,
    todo: kind === "check"
      ? `Let it allow the value, in a migration of yours, or: ${other}\n` +
        `alter table ${table} drop constraint ${identifier(name)},\n` +
        `  add constraint ${identifier(name)} check (…);`
      : `Add a row for it to the table that ${name} refers to, or: ${other}`,
  };
}

/** Only a status keeps an installment from being marked. */
function deletions(
  table: string,
  name: string,
  { deletion_columns }: TableFacts,
  map: NameMap,
): Finding[] {
  if (table !== "installments" && table !== "payment_plans") return [];
  const status = identifier(columnName(map, table, "status"));
  return deletion_columns.map((column): Finding => ({
    level: "do",
    what:
      `${name}.${column} looks like a mark of deleted rows. Duewatch does not ` +
      "read it: such installments are marked and counted like all others.",
    todo:
      "If it is one, give deleted rows a status that is not marked, here and where " +
      `they are deleted:\nupdate ${tableSql(map, table)} set ${status} = '…' ` +
      `where ${identifier(column)} …;`,
  }));
}

function zones({ zones }: Facts, map: NameMap): Finding[] {
  if (zones.unknown.length === 0) return [];
  const column = identifier(columnName(map, "agencies", "timezone"));
  const listed = [
    ...new Set(zones.unknown.map((zone) => zone ? `"${zone}"` : "none")),
  ].slice(0, 10).join(", ");
  return [{
    level: "stop",
    what:
      `Agencies have time zones that the database does not know: ${listed}.`,
    todo: `update ${tableSql(map, "agencies")} set ${column} = '<zone>'\n` +
      `where ${column} is null or ${column}::text not in (select name from pg_timezone_names);`,
  }];
}
