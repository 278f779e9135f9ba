create function public.update_installment_statuses(as_of timestamptz default now())
returns table (agency_id uuid, updated_count int, transitions jsonb)
language plpgsql
security definer
set search_path = ''
-- The Data API's own limit is 8 seconds. 1.5 million rows take 28.
set statement_timeout = '60s'
as $function$
declare
  -- Bounds the memory. Usually one portion is enough.
  portion_size constant int := 50000;
  portion record;
  position_reached date := date '-infinity';
  marked_agencies uuid[] := array[]::uuid[];
  failures jsonb := jsonb '[]';
begin
  loop
    portion := jobs.mark_overdue_batch(
      as_of => update_installment_statuses.as_of,
      batch_size => portion_size,
      due_from => position_reached,
      skip_agencies => array(
        select (failed.error ->> 'id')::uuid
        from jsonb_array_elements(failures) as failed (error)
      )
    );
    marked_agencies := marked_agencies || portion.marked_agencies;
    failures := failures || portion.errors;
    exit when portion.picked_count < portion_size;
    position_reached := portion.due_until;
  end loop;

  if failures <> '[]' then
    raise warning '% agencies could not be updated: %',
      jsonb_array_length(failures),
      left(failures::text, 2000);
  end if;

  return query
  select
    agency.id,
    coalesce(changed.updated_count, 0)::int,
    jsonb_strip_nulls(
      jsonb_build_object(
        'pending_to_overdue', coalesce(changed.updated_count, 0),
        'error', failed.error
      )
    )
  from public.agencies as agency
  left join (
    select
      marked.agency_id,
      count(*) as updated_count
    from unnest(marked_agencies) as marked (agency_id)
    group by marked.agency_id
  ) as changed
    on changed.agency_id = agency.id
  left join jsonb_to_recordset(failures) as failed (id uuid, error text)
    on failed.id = agency.id;
end
$function$;

revoke all on function public.update_installment_statuses(timestamptz)
  from public, anon, authenticated, service_role;
grant execute on function public.update_installment_statuses(timestamptz)
  to service_role;

comment on function public.update_installment_statuses(timestamptz) is
  'Marks every installment overdue that is past its agency''s cut-off at as_of (default now()), in one transaction. '
  'Idempotent; rows that others hold are left for the next call. '
  'Returns one row per agency: {"pending_to_overdue": n}, with a key error (and a warning) where the agency''s update '
  'failed; the others are updated all the same. The daily run does the same in batches: process_installment_batch(). '
  'Raises 22023 for an as_of that is null or infinite.';
