-- What the benchmarks need beside the application: one stopwatch for all
-- contenders, the wall clocks of the agencies (worked out apart from the code
-- under test), and the per-agency loop that the set-based function replaces.

create schema bench;

-- What is due in the book of business.
create table bench.due_ids (id uuid primary key);

create function bench.elapsed_ms(statement text, as_of timestamptz)
returns double precision
language plpgsql
as $function$
declare
  due_ids constant uuid[] := (select array_agg(due.id) from bench.due_ids as due);
  started_at constant timestamptz := clock_timestamp();
begin
  execute elapsed_ms.statement
  using elapsed_ms.as_of, due_ids;
  return extract(epoch from clock_timestamp() - started_at) * 1000;
end
$function$;

comment on function bench.elapsed_ms(text, timestamptz) is
  'Milliseconds that a statement takes inside the server, planning included. '
  '$1 in the statement is as_of, $2 is the ids of what is due.';

create function bench.cutoffs(as_of timestamptz)
returns table (agency_id uuid, overdue_before date)
language sql
stable
as $function$
  select
    agency.id,
    clock.at::date + (clock.at::time >= agency.overdue_cutoff_time)::int
  from public.agencies as agency
  cross join lateral (
    select cutoffs.as_of at time zone agency.timezone as at
  ) as clock;
$function$;

create function bench.update_by_loop(as_of timestamptz)
returns table (agency_id uuid, updated_count int, transitions jsonb)
language plpgsql
security definer
as $function$
declare
  agency record;
  local_time timestamp;
  marked_count int;
begin
  for agency in
    select id, timezone, overdue_cutoff_time
    from public.agencies
  loop
    local_time := update_by_loop.as_of at time zone agency.timezone;

    with updated as (
      update public.installments as i
      set status = 'overdue'
      from public.payment_plans as pp
      where i.payment_plan_id = pp.id
        and pp.agency_id = agency.id
        and pp.status = 'active'
        and i.status = 'pending'
        and (
          i.student_due_date < local_time::date
          or (
            i.student_due_date = local_time::date
            and local_time::time >= agency.overdue_cutoff_time
          )
        )
      returning i.id
    )
    select count(*)
    into marked_count
    from updated;

    return query
    select
      agency.id,
      marked_count,
      jsonb_build_object('pending_to_overdue', marked_count);
  end loop;
end
$function$;

comment on function bench.update_by_loop(timestamptz) is
  'The obvious way: one update per agency. Judges by each agency''s own date and marks at the second of the cut-off, '
  'so it marks the same rows as public.update_installment_statuses().';

-- Triggers as adopters have them.

create function bench.do_nothing()
returns trigger
language plpgsql
as $function$
begin
  return new;
end
$function$;

create table bench.audited (
  id bigint generated always as identity primary key,
  installment_id uuid not null,
  before jsonb not null,
  after jsonb not null,
  changed_at timestamptz not null default now()
);

create function bench.audit()
returns trigger
language plpgsql
as $function$
begin
  insert into bench.audited (installment_id, before, after)
  values (new.id, to_jsonb(old), to_jsonb(new));
  return null;
end
$function$;

create function bench.history_ms(installment_id uuid)
returns double precision
language plpgsql
as $function$
declare
  started_at constant timestamptz := clock_timestamp();
  found_count int;
begin
  select count(*)
  into found_count
  from public.installment_history(history_ms.installment_id);

  if found_count <> 1 then
    raise exception 'the history has % rows', found_count;
  end if;
  return extract(epoch from clock_timestamp() - started_at) * 1000;
end
$function$;
