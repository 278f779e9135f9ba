create function jobs.change_agency_by_agency(
  ids uuid[],
  agency_ids uuid[],
  from_status text,
  to_status text,
  due_before date default null,
  locked boolean default true,
  out changed_ids uuid[],
  out changed_agencies uuid[],
  out changed_due_dates date[],
  out failures jsonb
)
language plpgsql
set search_path = ''
as $function$
declare
  portion record;
  changed record;
begin
  changed_ids := '{}';
  changed_agencies := '{}';
  changed_due_dates := '{}';
  failures := '{}';

  for portion in
    select
      picked.agency_id,
      array_agg(picked.id) as ids
    from unnest(change_agency_by_agency.ids, change_agency_by_agency.agency_ids) as picked (id, agency_id)
    group by picked.agency_id
  loop
    begin
      if change_agency_by_agency.locked then
        changed := jobs.change_status(
          portion.ids,
          change_agency_by_agency.from_status,
          change_agency_by_agency.to_status,
          change_agency_by_agency.due_before
        );
      else
        changed := jobs.change_status_unlocked(
          portion.ids,
          change_agency_by_agency.from_status,
          change_agency_by_agency.to_status,
          change_agency_by_agency.due_before
        );
      end if;
      changed_ids := changed_ids || changed.ids;
      changed_agencies := changed_agencies || array_fill(portion.agency_id, array[cardinality(changed.ids)]);
      changed_due_dates := changed_due_dates || changed.due_dates;

      if changed.unchanged_count > 0 then
        failures := failures || jsonb_build_object(
          portion.agency_id,
          format(
            'a trigger on public.installments left %s installments %s',
            changed.unchanged_count,
            change_agency_by_agency.from_status
          )
        );
      end if;
    exception
      when others then
        failures := failures || jsonb_build_object(
          portion.agency_id,
          format('%s (SQLSTATE %s)', left(sqlerrm, 1000), sqlstate)
        );
    end;
  end loop;
end
$function$;

revoke all on function jobs.change_agency_by_agency(uuid[], uuid[], text, text, date, boolean)
  from public, anon, authenticated, service_role;

comment on function jobs.change_agency_by_agency(uuid[], uuid[], text, text, date, boolean) is
  'Changes the status of picked installments, each agency in a subtransaction of its own: one whose update raises is '
  'undone and reported, one whose trigger leaves rows as they were is reported, the others go on. '
  'due_before: only what is still due before that date (default: whenever it is due). '
  'locked (default): this transaction holds the rows. If not, those that others hold are left. '
  'Returns the installments that were changed, as arrays of the same length, and failures {agency_id: message}.';
