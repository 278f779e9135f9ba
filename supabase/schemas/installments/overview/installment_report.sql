create function public.installment_report(
  installment_id uuid,
  as_of timestamptz default now()
)
returns jsonb
language sql
stable
set search_path = ''
begin atomic
  select jsonb_build_object(
    'installment', public.find_installments(installment.id::text, 1) -> 'installments' -> 0,
    'explanation', public.explain_installment(installment.id, installment_report.as_of),
    'history', (
      select coalesce(
        jsonb_agg(
          jsonb_build_object(
            'changedAt', change.changed_at,
            'fromStatus', change.from_status,
            'toStatus', change.to_status,
            'runId', change.run_id,
            'asOf', change.as_of,
            'timezone', change.timezone,
            'localTime', to_char(change.local_time, 'YYYY-MM-DD"T"HH24:MI:SS'),
            'cutoffTime', change.cutoff_time,
            'effectiveDueDate', change.effective_due_date,
            'reason', change.reason
          )
          order by change.position
        ),
        '[]'
      )
      from public.installment_history(installment.id)
        with ordinality as change (
          changed_at, from_status, to_status, run_id, as_of, timezone, local_time, cutoff_time, effective_due_date, reason,
          position
        )
    )
  )
  from public.installments as installment
  where installment.id = installment_report.installment_id;
end;

revoke all on function public.installment_report(uuid, timestamptz)
  from public, anon, authenticated, service_role;
grant execute on function public.installment_report(uuid, timestamptz)
  to authenticated, service_role;

comment on function public.installment_report(uuid, timestamptz) is
  'One installment for its page in the dashboard, in one request: installment as in public.find_installments(), '
  'explanation of public.explain_installment() at as_of (default now()), and history of public.installment_history(), '
  'newest first, with its columns in camelCase. Returns {installment, explanation, history}; null for an unknown id and for '
  'an installment that the caller may not see. Raises 22023 for an as_of that is no instant.';
