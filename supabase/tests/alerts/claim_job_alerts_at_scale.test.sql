begin;
\ir ../arrange.psql
\ir ../arrange_alerts.psql
select no_plan();

-- 5,000 alerts for two channels. Rows that are read are counted, because how
-- long that takes depends on the machine.

select pg_temp.claim(channels => pg_temp.channels('email', 'slack'));
select count(pg_temp.raise_alert('pgtap-' || number))
from generate_series(1, 5000) as number;
analyze jobs.alert_deliveries;

set local pgtap.counted_tables = '{jobs.alert_deliveries}';
\ir ../rows_read.psql

select cmp_ok(
  pg_temp.rows_read_by('select pg_temp.claim(max_count => 5)'),
  '<',
  100::bigint,
  'A claim of five deliveries reads few of them'
);
select cmp_ok(
  pg_temp.rows_read_by($$select pg_temp.claim(channels => pg_temp.channels('email', 'slack'), max_count => 5)$$),
  '<',
  200::bigint,
  'A claim for both channels reads few of them'
);
select cmp_ok(
  pg_temp.rows_read_by($$select pg_temp.complete('pgtap-1')$$),
  '<',
  10::bigint,
  'Completing a delivery reads only that one'
);
select cmp_ok(
  pg_temp.rows_read_by('select jobs.has_due_deliveries()'),
  '<',
  100::bigint,
  'Finding out whether any delivery is due reads few of them'
);

select * from finish();
rollback;
