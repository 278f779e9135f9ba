create function jobs.explanation_sentence(
  facts jsonb,
  as_of timestamptz
)
returns text
language plpgsql
stable
set search_path = ''
as $function$
declare
  verdict constant text := facts ->> 'verdict';
  status constant text := facts ->> 'status';
  timezone constant text := facts #>> '{agency,timezone}';
  place constant text := jobs.city_of(timezone);
  today constant date := (facts #>> '{agency,localTime}')::date;
  due_date constant date := (facts ->> 'dueDate')::date;
  counts_on constant date := (facts ->> 'effectiveDueDate')::date;
  overdue_at constant timestamptz := (facts ->> 'overdueAt')::timestamptz;
  -- On a day on which the clock is put forward, it may show a later time.
  local_overdue_at constant timestamp := jobs.local_time(overdue_at, timezone);
  cutoff constant text := left(
    facts #>> '{agency,cutoffTime}',
    case when facts #>> '{agency,cutoffTime}' like '%:00' then 5 else 8 end
  );
  marked_at constant timestamp := jobs.local_time((facts #>> '{markedBy,at}')::timestamptz, timezone);
  marked constant text := case
    when marked_at is not null then format(
      ' Marked%s%s at %s.',
      ' by run ' || left(facts #>> '{markedBy,runId}', 8),
      case
        when marked_at::date is distinct from local_overdue_at::date or verdict <> 'overdue'
          then ' on ' || jobs.day_text(marked_at::date)
      end,
      to_char(marked_at, 'HH24:MI:SS')
    )
  end;
  plan_is_active constant boolean := facts ->> 'planStatus' = 'active';
  is_corrected_by_next_run constant boolean := plan_is_active
    and (facts #>> '{markedBy,dueDate}')::date is distinct from due_date
    and (
      select settings.correct_automatically
      from jobs.ledger_settings as settings
    );
  plan_state constant text := case
    when facts ->> 'planStatus' = 'draft' then 'a draft'
    else facts ->> 'planStatus'
  end;
  due text;
  becomes text;
  separator text;
begin
  if verdict = 'closed' then
    return format(
      'It will not become overdue: %s.',
      case when status in ('paid', 'cancelled') then 'it is ' || status else 'its status is ' || status end
    );
  elsif verdict = 'not_active' then
    return case
      when plan_is_active
        then 'It does not become overdue while it is a draft: only pending installments do.'
      else format(
        'It does not become overdue while its plan is %s: only installments of active plans do.',
        plan_state
      )
    end;
  end if;

  if verdict = 'correctable' and not plan_is_active then
    becomes := format('its plan is %s', plan_state);
  elsif due_date is null then
    becomes := 'it has no due date';
  elsif not isfinite(due_date) then
    becomes := format('its due date is %s, which is %s', due_date, case when due_date > 'epoch' then 'never' else 'always past' end);
  elsif due_date not between '4000-01-01 BC' and '200000-01-01' then
    becomes := format('its due date is %s', facts ->> 'dueDate');
  elsif today is null then
    becomes := format('the time zone of its agency, "%s", is unknown, so nobody can say when', timezone);
  elsif counts_on is null or overdue_at is null then
    becomes := format('it is due on %s, and no open day follows', jobs.day_text(due_date));
  else
    due := jobs.due_text(
      (facts #>> '{agency,id}')::uuid,
      due_date,
      (facts #>> '{agency,graceDays}')::int,
      counts_on,
      today,
      verdict = 'overdue'
    );
    becomes := format(
      '%s, so it becomes overdue %s at %s (%s)%s',
      due,
      case when counts_on = due_date then 'that day' else 'on ' || jobs.day_text(counts_on, today) end,
      to_char(local_overdue_at, case when extract(second from local_overdue_at) = 0 then 'HH24:MI' else 'HH24:MI:SS' end),
      place,
      -- Where a clock was turned back over the cut-off, the instant has passed once.
      case when overdue_at > as_of then ', ' || jobs.wait_text(as_of, overdue_at) end
    );
  end if;

  if verdict = 'correctable' then
    return format(
      'Marked overdue, but not overdue by today''s rule: %s.%s',
      becomes,
      case
        when marked is null then
          ' Duewatch did not mark it and leaves it as it is: change its status by hand.'
        when is_corrected_by_next_run then
          marked || ' Its due date has been moved since, so the next run sets it back to pending.'
        else marked || ' An admin can set it back to pending with correct_overdue().'
      end
    );
  elsif verdict <> 'overdue' then
    return format(
      'Not overdue yet%s: %s%s.',
      case
        when verdict <> 'due_soon' then ''
        when due_date < today then ', but past its due date'
        when due_date = today then ', but due today'
        else ', but due soon'
      end,
      case when status = 'partial' then 'it is partly paid; ' end,
      becomes
    );
  elsif due is null then
    return format('Overdue: %s.%s', becomes, marked);
  end if;

  separator := case when due like '%;%' then ';' else ',' end;
  return format(
    'Overdue since %s, %s in %s: %s%s the agency''s cut-off is %s%s and it %s.%s',
    jobs.day_text(local_overdue_at::date),
    to_char(local_overdue_at, case when extract(second from local_overdue_at) = 0 then 'HH24:MI' else 'HH24:MI:SS' end),
    place,
    due,
    separator,
    cutoff,
    separator,
    case
      when status = 'pending' then 'is still pending'
      when status = 'partial' then 'is only partly paid'
      when marked is null then 'is marked overdue'
      else 'was still pending'
    end,
    case
      when status = 'pending' then ' The next run marks it.'
      when status = 'partial' then ' It is not marked, because that would hide that a part is paid.'
      when marked is null then ' Duewatch did not mark it.'
      else marked
    end
  );
end
$function$;

revoke all on function jobs.explanation_sentence(jsonb, timestamptz)
  from public, anon, authenticated, service_role;

comment on function jobs.explanation_sentence(jsonb, timestamptz) is
  'One or two sentences that say why an installment is overdue, when it will be, or why never. facts: what '
  'public.explain_installment() returns, without the sentence.';
