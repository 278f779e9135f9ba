begin;
\ir ../arrange.psql
select no_plan();

set local timezone = 'Pacific/Kiritimati';

select results_eq(
  $$
    select jobs.iso_week(instant)
    from unnest(
      array[
        '2001-03-11 23:59:59.999999+00',
        '2001-03-12 00:00:00+00',
        '2001-03-18 23:59:59.999999+00',
        '2000-12-31 12:00:00+00',
        '2027-01-03 12:00:00+00',
        '2027-01-04 00:00:00+00'
      ]::timestamptz[]
    ) as instant
  $$,
  $$values ('2001-W10'), ('2001-W11'), ('2001-W11'), ('2000-W52'), ('2026-W53'), ('2027-W01')$$,
  'A week is that of ISO 8601, from Monday to Sunday in UTC, whatever the zone of the session'
);

select * from finish();
rollback;
