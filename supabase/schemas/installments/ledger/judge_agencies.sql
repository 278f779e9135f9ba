create function jobs.judge_agencies(as_of timestamptz default now())
returns jobs.agency_judgement[]
language sql
stable
set search_path = ''
as $function$
  select coalesce(array_agg(row(cutoff.*)::jobs.agency_judgement), '{}')
  from jobs.agency_cutoffs(judge_agencies.as_of) as cutoff;
$function$;

revoke all on function jobs.judge_agencies(timestamptz)
  from public, anon, authenticated, service_role;

comment on function jobs.judge_agencies(timestamptz) is
  'All rows of jobs.agency_cutoffs() at as_of (default now()) in one array, so that the parts of a batch judge alike and '
  'the settings are read once. overdue_before is null for an agency without a known time zone.';
