import type { Database } from "./database.ts";

/**
 * Puts a trigger of an adopter on `public.installments`, before every update,
 * for the length of some work, failed or not.
 *
 * @param trigger.level whether it fires for each row or once per statement.
 * @param trigger.body PL/pgSQL between `begin` and `end`.
 */
export async function withTriggerOnInstallments<T>(
  sql: Database,
  trigger: { readonly level: "row" | "statement"; readonly body: string },
  work: () => Promise<T>,
): Promise<T> {
  await sql.unsafe(`
    create function public.trigger_of_a_test()
    returns trigger
    language plpgsql
    as $$
    begin
      ${trigger.body}
    end
    $$
  `);
  try {
    await sql.unsafe(`
      create trigger trigger_of_a_test
      before update on public.installments
      for each ${trigger.level}
      execute function public.trigger_of_a_test()
    `);
    return await work();
  } finally {
    await sql`drop function public.trigger_of_a_test() cascade`;
  }
}
