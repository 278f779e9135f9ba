import { type NameMap, namesOf, tableSql } from "../names/name_map.ts";
import { identifier } from "../names/tokens.ts";
import type { Facts } from "./facts.ts";
import type { Finding } from "./finding.ts";
import { displayName } from "./judge_columns.ts";

/** Judges whether those who ask through the Data API can read the tables. */
export function judgeReaders(facts: Facts, map: NameMap): Finding[] {
  return [...readers(facts, map), ...secretKeyReaders(facts, map)];
}

/** Without their own roles, admins cannot read the job log. */
function readers(facts: Facts, map: NameMap): Finding[] {
  const roles = facts.tables.user_roles;
  if (!roles.exists) return [];
  const canRead = roles.authenticated_reads &&
    (!roles.rls || roles.policies_to_read > 0);
  return canRead ? [] : [{
    level: "do",
    what:
      `Signed-in users cannot read their own rows of ${
        displayName(map, "user_roles")
      }, so ` +
      "admins will not see the job log.",
    todo: `grant select on ${tableSql(map, "user_roles")} to authenticated;\n` +
      "and a policy for select with: user_id = (select auth.uid())",
  }];
}

const READ_BY_SECRET_KEY = ["agencies", "payment_plans", "installments"];

/** What asks with the project's secret key reads the tables as service_role. */
function secretKeyReaders({ tables }: Facts, map: NameMap): Finding[] {
  const unread = READ_BY_SECRET_KEY.filter((table) =>
    tables[table].exists && tables[table].service_role_reads === false
  );
  if (unread.length === 0) return [];
  const names = unread.map((table) => displayName(map, table)).join(", ");
  const schemas = new Set(unread.map((table) => namesOf(map, table).schema));
  return [{
    level: "do",
    what:
      `The role service_role cannot read ${names}. Runs mark all the same; ` +
      "the dashboard shows no agencies and installments, and duewatch jobs " +
      "explain, history and preview are refused.",
    todo: [
      ...[...schemas].filter((schema) => schema !== "public")
        .map((schema) =>
          `grant usage on schema ${identifier(schema)} to service_role;`
        ),
      `grant select on table ${
        unread.map((table) => tableSql(map, table)).join(", ")
      } to service_role;`,
    ].join("\n"),
  }];
}
