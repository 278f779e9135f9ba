-- Before anything is created: the rollback must not take an object for ours
-- that an adopter had before.
do $migration$
declare
  taken text;
begin
  select string_agg(format('%s %s', object.kind, concat_ws(' on ', object.name, object.parent)), ', ')
  into taken
  from jobs.manifest() as object
  where case
    when object.kind = 'trigger' then exists (
      select 1
      from pg_catalog.pg_trigger as present
      where present.tgrelid = to_regclass(object.parent) and present.tgname = object.name
    )
    when object.name not like 'public.%' then false
    when object.kind = 'function' then to_regprocedure(object.name) is not null
    else to_regclass(object.name) is not null
  end;

  if taken is not null then
    raise exception 'these names are taken in this database: %', taken
      using hint = 'Rename what has these names, then apply the migration again.';
  end if;
end
$migration$;
