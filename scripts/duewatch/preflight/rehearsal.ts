import postgres from "postgres";
import { messageOf } from "../../process/message_of.ts";
import type { ProjectDatabase } from "./database.ts";
import type { Facts } from "./facts.ts";
import type { Finding } from "./finding.ts";

const MOST_ROWS = 200_000;

class RolledBack extends Error {}

/**
 * Applies the migration in a transaction that is rolled back: what would fail
 * later fails now. Only where its locks are short, and no value has to be
 * added to an enum before.
 */
export async function rehearse(
  database: ProjectDatabase | null,
  facts: Facts | null,
  { migrations }: { readonly migrations: ReadonlyMap<string, string> },
): Promise<Finding[]> {
  const sql = database?.sql ?? null;
  if (sql === null || facts === null) return [];
  // It is there already.
  if (facts.schemas.includes("jobs")) return [];
  const rows = facts.tables.installments.rows ?? 0;
  if (migrations.size > 1 || rows > MOST_ROWS) return [];
  const [text] = [...migrations.values()];
  try {
    await sql.begin(async (transaction) => {
      await transaction`set local lock_timeout = '3s'`;
      await transaction`set local statement_timeout = '60s'`;
      await transaction.unsafe(text).simple();
      throw new RolledBack();
    });
  } catch (error) {
    if (error instanceof RolledBack) {
      return [{
        level: "note",
        what:
          "The migration was applied in a transaction and rolled back: it works here.",
        todo: "",
      }];
    }
    if (!(error instanceof postgres.PostgresError)) throw error;
    const isBusy = error.code === "55P03" || error.code === "57014";
    return [{
      level: isBusy ? "note" : "stop",
      what: isBusy
        ? "The migration could not be tried: the tables are in use."
        : `The migration would fail: ${messageOf(error)}`,
      todo: [error.hint ?? "", error.detail ?? ""].filter((line) => line !== "")
        .join("\n"),
    }];
  }
  return [];
}
