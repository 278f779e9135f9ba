import type { StackConfig } from "./config.ts";
import { asSuperuser, withDatabase } from "./database.ts";
import type { StackKeys } from "./keys.ts";

/**
 * Keeps pg_cron from starting what does not run every minute. Tests look at all
 * runs there are, and must not depend on the hour.
 *
 * The entries stay as they are registered, since tests look at those, too: each
 * new one gets a port on which no database listens, so pg_cron cannot connect.
 */
export async function postponeJobs(
  config: StackConfig,
  keys: StackKeys,
): Promise<void> {
  const createTrigger = `
    create or replace function cron.postpone()
    returns trigger
    language plpgsql
    set search_path = ''
    as $function$
    begin
      if new.schedule <> '* * * * *' then
        new.nodeport := 1;
      end if;
      return new;
    end
    $function$;

    create or replace trigger postpone
      before insert on cron.job
      for each row
      execute function cron.postpone();
  `;
  // Only a superuser may change the tables of pg_cron.
  await withDatabase(
    config,
    (sql) => sql.unsafe(createTrigger),
    asSuperuser(keys),
  );
}
