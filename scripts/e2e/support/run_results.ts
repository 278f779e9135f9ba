import type { Database } from "./database.ts";

/**
 * Writes the results of runs that are inserted with a list of agencies in their
 * metadata, as the job writes them while it marks.
 */
export async function writeListedResults(sql: Database): Promise<void> {
  await sql`
    with listed as (
      select
        run.id,
        result.agency
      from public.jobs_log as run
      cross join lateral jsonb_array_elements(run.metadata -> 'agencies') as result (agency)
    ),
    written as (
      insert into jobs.run_results (run_id, item_id, transition, updated_count)
      select
        listed.id,
        listed.agency ->> 'agency_id',
        changed.transition,
        changed.updated_count::int
      from listed
      cross join lateral jsonb_each_text(listed.agency -> 'transitions')
        as changed (transition, updated_count)
    )
    update public.jobs_log as run
    set items_updated = jsonb_array_length(run.metadata -> 'agencies')
    where run.metadata ? 'agencies'
  `;
}
