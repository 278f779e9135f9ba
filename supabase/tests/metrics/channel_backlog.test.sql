begin;
\ir ../arrange.psql
\ir ../arrange_alerts.psql
\ir ../arrange_runs.psql
select no_plan();

select is_empty('select 1 from jobs.channel_backlog()', 'Without a channel there is no row');

select pg_temp.claim(channels => pg_temp.channels('email', 'slack'));
select results_eq(
  'select * from jobs.channel_backlog()',
  $$
    values
      ('email', 0::bigint, 0::numeric, 0::bigint),
      ('slack', 0, 0, 0)
  $$,
  'A channel without pending deliveries has a row with zero counts'
);

select pg_temp.raise_alert('pgtap-a');
select pg_temp.raise_alert('pgtap-b');
select pg_temp.raise_alert('pgtap-c', as_of => now() + interval '10 minutes');
select pg_temp.claim(channels => pg_temp.channels('slack'));
select pg_temp.complete('pgtap-a', 'sent');
select pg_temp.complete('pgtap-b', 'given_up', error => 'No such channel.');

select results_eq(
  format('select * from jobs.channel_backlog(%L)', now() + interval '10 minutes 1.4 seconds'),
  $$
    values
      ('email', 3::bigint, 601::numeric, 0::bigint),
      ('slack', 1, 1, 1)
  $$,
  'Pending and given-up deliveries are counted, with the age of the oldest pending one in seconds'
);
select is(
  (
    select array_agg(given_up_24h order by channel)
    from jobs.channel_backlog(now() + interval '24 hours')
  ),
  array[0, 0]::bigint[],
  'Given-up deliveries count for 24 hours'
);

-- A role that can create roles can also assume them. This one cannot use pgTAP.
grant metrics_reader to postgres;
set local role metrics_reader;
select count(*) as seen from jobs.channel_backlog() \gset
reset role;
select is(:seen, 2, 'Dashboards may ask');

select * from finish();
rollback;
