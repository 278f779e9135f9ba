create function jobs.last_change_of(
  installment_id uuid,
  out id bigint,
  out changed_at timestamptz,
  out from_status text,
  out to_status text,
  out run_id uuid,
  out reason text,
  out as_of timestamptz,
  out timezone text,
  out local_time timestamp,
  out cutoff_time time,
  out grace_days int,
  out due_date date,
  out effective_due_date date
)
language sql
stable
set search_path = ''
begin atomic
  select *
  from jobs.changes_of(last_change_of.installment_id)
  limit 1;
end;

revoke all on function jobs.last_change_of(uuid)
  from public, anon, authenticated, service_role;
grant execute on function jobs.last_change_of(uuid)
  to authenticated, service_role;

comment on function jobs.last_change_of(uuid) is
  'The last change of an installment''s status that Duewatch made, as jobs.changes_of(); nulls when it made none. Like '
  'that function only for those who have asked whether the caller may see the installment.';
