create type jobs.agency_judgement as (
  agency_id uuid,
  overdue_before date,
  timezone text,
  local_time timestamp,
  cutoff_time time,
  grace_days int,
  closed_weekdays smallint[]
);

comment on type jobs.agency_judgement is
  'One row of jobs.agency_cutoffs(): how a run judges an agency. A run judges once per batch and writes what it used to '
  'the ledger, so that a change of settings in between cannot show up there.';
