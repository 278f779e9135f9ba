create function jobs.installments_have_triggers()
returns boolean
language sql
stable
set search_path = ''
as $function$
  select exists (
    select 1
    from pg_catalog.pg_trigger as present
    where not present.tgisinternal
      and (
        present.tgrelid = 'public.installments'::regclass
        or present.tgrelid in (
          select partition.relid
          from pg_catalog.pg_partition_tree('public.installments'::regclass) as partition
        )
      )
  );
$function$;

revoke all on function jobs.installments_have_triggers()
  from public, anon, authenticated, service_role;

comment on function jobs.installments_have_triggers() is
  'Whether an adopter''s trigger may change what an update of public.installments, or of one of its partitions, does.';
