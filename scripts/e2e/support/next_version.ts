import { join } from "node:path";
import type { PackageCopy } from "../../duewatch/testing/package_copy.ts";
import { writeMigration } from "../../schemas/migration.ts";
import { ORDER_FILE, SCHEMAS } from "../../schemas/order.ts";
import { MIGRATIONS } from "../../schemas/releases.ts";

/** The statement that a person writes for the new column. */
export const ADD_COLUMN = "alter table public.jobs_log add column note text;\n";

/**
 * Changes a copy of the package as a next version may: the log has a new column,
 * and there is a new function, `jobs.is_new()`.
 */
export async function addColumnAndFunction(
  { dir, edit }: Pick<PackageCopy, "dir" | "edit">,
): Promise<void> {
  await edit(
    join(SCHEMAS, "jobs/runs/jobs_log.sql"),
    (text) =>
      text.replace("create table public.jobs_log (\n", "$&  note text,\n"),
  );
  await edit(
    join(SCHEMAS, ORDER_FILE),
    (text) => `${text}jobs/retention/is_new.sql\n`,
  );
  await Deno.writeTextFile(
    join(dir, SCHEMAS, "jobs/retention/is_new.sql"),
    `create function jobs.is_new()
returns boolean
language sql
set search_path = ''
return true;

revoke all on function jobs.is_new()
  from public, anon, authenticated, service_role;

comment on function jobs.is_new() is
  'New.';
`,
  );
}

/** Writes the migration of what was changed, with statements by hand. */
export async function writeNextMigration(
  dir: string,
  byHand: string,
): Promise<void> {
  const file = join(dir, MIGRATIONS, await writeMigration(dir) ?? "");
  const text = await Deno.readTextFile(file);
  await Deno.writeTextFile(
    file,
    text.replace("-- begin by hand: before\n", (mark) => mark + byHand),
  );
}
