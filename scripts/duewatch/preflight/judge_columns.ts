import type { Domain } from "../names/domain.ts";
import { columnName, type NameMap, namesOf } from "../names/name_map.ts";
import type { TableFacts } from "./facts.ts";
import type { Finding } from "./finding.ts";

const WORDS = ["text", "character varying", "character", "citext"];

/** The types that our statements can work with, by the type that we give. */
const FITTING: Readonly<Record<string, readonly string[]>> = {
  uuid: ["uuid"],
  date: ["date"],
  text: [...WORDS, "name"],
  time: ["time without time zone"],
  int: ["integer", "smallint", "bigint"],
  numeric: [
    "numeric",
    "integer",
    "bigint",
    "smallint",
    "double precision",
    "real",
  ],
  "smallint[]": ["smallint[]"],
};

/** A table as people write it. */
export function displayName(map: NameMap, table: string): string {
  const { schema, table: name } = namesOf(map, table);
  return `${schema}.${name}`;
}

/** Judges the columns of a table. */
export function judgeColumns(
  table: string,
  present: TableFacts,
  columns: ReadonlyMap<string, string>,
  map: NameMap,
  domain: Domain,
): Finding[] {
  const findings: Finding[] = [];
  for (const [column, type] of columns) {
    const key = `${table}.${column}`;
    const theirs = columnName(map, table, column);
    const place = `${displayName(map, table)}.${theirs}`;
    const found = present.columns[column];
    const isNamed = map.get(table)?.columns.has(column) ?? false;
    if (found === undefined) {
      if (isNamed) {
        findings.push({
          level: "stop",
          what: `There is no column ${place}, which --map names.`,
          todo: "Write the name as it is in the catalog.",
        });
      } else if (domain.required.has(key)) {
        findings.push({
          level: "stop",
          what: `${place} is missing.`,
          todo:
            `Name yours with --map ${key}=<column>. Is it in another table? ` +
            `--map ${table}=<schema>.<table>. If you have nothing like it, your ` +
            "tables have another shape than Duewatch works on: an agency, its plans, their installments.",
        });
      } else if (domain.added.has(key)) {
        findings.push({
          level: "note",
          what: `${place} is not there and will be added (${type}).`,
          todo: `If yours has another name: --map ${key}=<column>`,
        });
      }
      continue;
    }
    if (!domain.used.has(key) && !domain.required.has(key)) continue;
    const fits = FITTING[type] === undefined ||
      FITTING[type].includes(found.base) ||
      // A zone is compared with the names that the database knows.
      (found.base_kind === "e" && type === "text" && !domain.added.has(key));
    if (!fits) {
      findings.push({
        level: "stop",
        what: `${place} is ${found.type}, and has to be ${type}.`,
        todo: type === "date"
          ? "A due date is a day in the agency's own calendar. Add a date column, fill it, and name it with --map."
          : `Add a column of the type ${type}, fill it, and name it with --map ${key}=<column>.`,
      });
    }
  }
  return findings;
}
