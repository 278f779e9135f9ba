begin;
\ir ../../arrange.psql
select no_plan();

select is(jobs.mail_addresses(list), addresses, format('%s: %s', list, cardinality(addresses)))
from (
  values
    ('a@x.example', array['a@x.example']),
    (' a@x.example ,, b@x.example, ', array['a@x.example', 'b@x.example']),
    ('"Doe, Jane" <jane@x.example>, b@x.example', array['"Doe, Jane" <jane@x.example>', 'b@x.example']),
    (
      '"Jane \"the, boss\"" <jane@x.example>,b@x.example',
      array['"Jane \"the, boss\"" <jane@x.example>', 'b@x.example']
    ),
    ('sales&admissions@school.example', array['sales&admissions@school.example']),
    (' , ', array[]::text[])
) as lists (list, addresses);

select * from finish();
rollback;
