import {
  columnName,
  type NameMap,
  namesOf,
  tableSql,
  valueName,
} from "../names/name_map.ts";
import { identifier, literal } from "../names/tokens.ts";
import type { Facts, TableFacts } from "./facts.ts";
import type { Finding } from "./finding.ts";

const LARGE = 1_000_000;

/** Judges what marking installments will meet: triggers, size, indexes. */
export function judgeMarking(facts: Facts, map: NameMap): Finding[] {
  const installments = facts.tables.installments;
  if (!installments.exists) return [];
  return [
    ...triggers(installments, map),
    ...size(installments, map),
    ...words(installments, map),
  ];
}

function triggers({ triggers }: TableFacts, map: NameMap): Finding[] {
  const { schema, table } = namesOf(map, "installments");
  return triggers.filter(({ enabled, update }) => enabled && update)
    .map((trigger): Finding => {
      const what = `The trigger ${trigger.name} of ${schema}.${table} calls ` +
        `${trigger.function} ${
          trigger.each_row ? "for each installment" : "for each statement"
        } that is marked`;
      const dangers = [
        trigger.raises ? "can refuse it with an error" : "",
        trigger.before && trigger.each_row && trigger.returns_null
          ? "can leave it out (return null)"
          : "",
        trigger.before && trigger.sets_status ? "can change its status" : "",
      ].filter((danger) => danger !== "");
      if (dangers.length === 0) {
        return {
          level: "note",
          what: `${what}.`,
          todo: "",
        };
      }
      const [pending, overdue] = ["pending", "overdue"].map((word) =>
        literal(valueName(map, "installments", "status", word))
      );
      return {
        level: "do",
        what:
          `${what}, and ${dangers.join(" and ")}. An agency where it does is ` +
          "reported as failed; the others are marked.",
        todo:
          `Read it. It has to let ${pending} become ${overdue} when the role postgres asks ` +
          "and nobody is signed in.",
      };
    });
}

function size(
  { rows, bytes, leading_index_columns }: TableFacts,
  map: NameMap,
): Finding[] {
  const due = columnName(map, "installments", "student_due_date");
  const plan = columnName(map, "installments", "payment_plan_id");
  const count = rows ?? 0;
  if (count < LARGE) {
    return [{
      level: "note",
      what:
        `About ${
          count.toLocaleString("en")
        } installments: the migration builds the ` +
        "index in a moment, and writes to them wait that long.",
      todo: "",
    }];
  }
  const status = identifier(columnName(map, "installments", "status"));
  const pending = literal(valueName(map, "installments", "status", "pending"));
  const table = tableSql(map, "installments");
  const megabytes = Math.round((bytes ?? 0) / 1_048_576).toLocaleString("en");
  return [{
    level: "do",
    what:
      `About ${
        count.toLocaleString("en")
      } installments (${megabytes} MB): while the ` +
      "migration builds its index, writes to them wait.",
    todo:
      "Build it beforehand, without blocking anybody, outside a transaction:\n" +
      `create index concurrently installments_pending_due_date_idx\n` +
      `  on ${table} (${identifier(due)}) where ${status} = ${pending};` +
      (leading_index_columns.includes(plan)
        ? ""
        : "\ncreate index concurrently installments_payment_plan_id_idx\n" +
          `  on ${table} (${identifier(plan)});`),
  }];
}

/** A column of text takes every word, also one that nobody else uses. */
function words({ common_words: common }: TableFacts, map: NameMap): Finding[] {
  const pending = valueName(map, "installments", "status", "pending");
  if (common === null || common === "{}") return [];
  const known = common.slice(1, -1).split(",")
    .map((word) => word.replace(/^"|"$/g, ""));
  return known.includes(pending) ? [] : [{
    level: "do",
    what: `No installment has the status ${literal(pending)}. Common are: ${
      known.join(", ")
    }.`,
    todo:
      "If one of these means pending: --map installments.status.pending=<yours>",
  }];
}
