create function jobs.mark_agency_by_agency(
  ids uuid[],
  agency_ids uuid[],
  out marked_agencies uuid[],
  out failures jsonb
)
language plpgsql
set search_path = ''
as $function$
declare
  portion record;
  pending_count int;
begin
  marked_agencies := '{}';
  failures := '{}';

  -- Adopters' triggers expect the path that the Data API gives them.
  perform set_config('search_path', 'public, extensions', true);

  for portion in
    select
      picked.agency_id,
      array_agg(picked.id) as ids,
      count(*)::int as picked_count
    from unnest(mark_agency_by_agency.ids, mark_agency_by_agency.agency_ids) as picked (id, agency_id)
    group by picked.agency_id
  loop
    begin
      update public.installments as installment
      set status = 'overdue'
      where installment.id = any (portion.ids)
        and installment.status = 'pending';

      select count(*)
      into pending_count
      from public.installments as installment
      where installment.id = any (portion.ids)
        and installment.status = 'pending';

      marked_agencies := marked_agencies
        || array_fill(portion.agency_id, array[portion.picked_count - pending_count]);
      if pending_count > 0 then
        failures := failures || jsonb_build_object(
          portion.agency_id,
          format('a trigger on public.installments left %s installments pending', pending_count)
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

revoke all on function jobs.mark_agency_by_agency(uuid[], uuid[])
  from public, anon, authenticated, service_role;

comment on function jobs.mark_agency_by_agency(uuid[], uuid[]) is
  'Marks installments that are locked by this transaction, each agency in a subtransaction of its own: one whose update '
  'raises is undone and reported, one whose trigger leaves rows pending is reported, the others go on. '
  'Returns marked_agencies (one entry per installment that was marked) and failures {agency_id: message}.';
