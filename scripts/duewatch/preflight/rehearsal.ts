import postgres from "postgres";
import { messageOf } from "../../process/message_of.ts";
import type { ProjectDatabase } from "./database.ts";
import {
  columnName,
  type NameMap,
  tableSql,
  valueName,
} from "../names/name_map.ts";
import { identifier, literal } from "../names/tokens.ts";
import type { InstallPlan } from "../install/plan.ts";
import type { Facts, TableFacts } from "./facts.ts";
import type { Finding } from "./finding.ts";

const MOST_ROWS = 200_000;

/** What the check of an installation says right after the migration. */
type Failed = { readonly check: string; readonly what_to_do: string | null };

// Said elsewhere, or done by the deployment.
const SAID =
  /^setting |^users may read | has row level security$|^\d+ checks, /;

const WORKS: Finding = {
  level: "note",
  what:
    "The migration was applied in a transaction and rolled back: it works here.",
  todo: "",
};

class RolledBack extends Error {}

/**
 * Applies the migration in a transaction that is rolled back: what would fail
 * later fails now. Only where its locks are short, and no value has to be
 * added to an enum before.
 */
export async function rehearse(
  database: ProjectDatabase | null,
  facts: Facts | null,
  { migrations, changes }: Pick<InstallPlan, "migrations" | "changes">,
  map: NameMap,
): Promise<Finding[]> {
  const sql = database?.sql ?? null;
  if (sql === null || facts === null) return [];
  // It is there already.
  if (facts.schemas.includes("jobs")) return [];
  const rows = facts.tables.installments.rows ?? 0;
  if (migrations.size > 1 || rows > MOST_ROWS) return [];
  const [text] = [...migrations.values()];
  const verify = changes.find(({ path }) => path.endsWith("/verify.sql"))?.text;
  let refusal: string | null = null;
  let failed: readonly Failed[] = [];
  try {
    await sql.begin(async (transaction) => {
      await transaction`set local lock_timeout = '3s'`;
      await transaction`set local statement_timeout = '60s'`;
      await transaction.unsafe(text).simple();
      if (verify !== undefined) {
        failed = await transaction.unsafe<Failed[]>(verify);
      }
      if (facts.tables.installments.exists) {
        refusal = await markOnce(transaction, map);
      }
      throw new RolledBack();
    });
  } catch (error) {
    if (error instanceof RolledBack) {
      return [
        ...failed.filter(({ check }) => !SAID.test(check)).map(afterwards),
        refusal === null ? WORKS : refused(refusal, facts.tables.installments),
      ];
    }
    if (!(error instanceof postgres.PostgresError)) throw error;
    const busy = isBusy(error);
    return [{
      level: busy ? "note" : "stop",
      what: busy
        ? "The migration could not be tried: the tables are in use."
        : `The migration would fail: ${messageOf(error)}`,
      todo: [error.hint ?? "", error.detail ?? ""].filter((line) => line !== "")
        .join("\n"),
    }];
  }
  return [];
}

/**
 * Marks what is overdue now, without the project's triggers, which could do
 * something that no rollback takes back.
 *
 * @returns by what the table refuses it; null when it does not.
 */
async function markOnce(
  transaction: postgres.TransactionSql,
  map: NameMap,
): Promise<string | null> {
  const table = tableSql(map, "installments");
  const id = identifier(columnName(map, "installments", "id"));
  const status = identifier(columnName(map, "installments", "status"));
  const overdue = literal(valueName(map, "installments", "status", "overdue"));
  const pending = `select due.id from public.installments_due as due
     where due.is_overdue_now and due.status::text = ${
    literal(valueName(map, "installments", "status", "pending"))
  }`;
  try {
    await transaction.savepoint(async (trial) => {
      await trial.unsafe(`
        do $$
        declare
          part regclass;
        begin
          for part in
            select ${literal(table)}::regclass
            union
            select tree.relid from pg_partition_tree(${literal(table)}) as tree
          loop
            execute format('alter table %s disable trigger user', part);
          end loop;
        end $$;
        update ${table} set ${status} = ${overdue}
        where ${id} in (${pending});
        do $$
        begin
          if exists (${pending}) then
            raise exception 'the update changes nothing, because of a rule or a policy';
          end if;
        end $$;
      `).simple();
    });
    return null;
  } catch (error) {
    if (!(error instanceof postgres.PostgresError)) throw error;
    if (isBusy(error)) return null;
    return [error.message, error.detail ?? ""].filter((line) => line !== "")
      .join(". ");
  }
}

function refused(reason: string, { triggers }: TableFacts): Finding {
  const canCorrect = triggers.some(({ enabled, update, before, each_row }) =>
    enabled && update && before && each_row
  );
  return {
    level: canCorrect ? "do" : "stop",
    what: `The first run ${
      canCorrect ? "fails, unless a trigger corrects it" : "would fail"
    }: ${reason}.`,
    todo:
      "What is pending has to be able to become overdue. Correct the rows, or " +
      "the constraint, in a migration of yours.",
  };
}

const afterwards = ({ check, what_to_do }: Failed): Finding => ({
  level: "do",
  what: `After the migration a check fails: ${check}.`,
  todo: what_to_do ?? "",
});

const isBusy = ({ code }: postgres.PostgresError): boolean =>
  code === "55P03" || code === "57014";
