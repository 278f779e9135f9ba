begin;
\ir ../../arrange.psql
select no_plan();

select pg_temp.insert_agency(name => 'Theirs') as theirs \gset
select pg_temp.insert_agency(name => 'Another') as another \gset
select pg_temp.insert_plan(:'theirs') as their_plan \gset
select pg_temp.insert_plan(:'another') as another_plan \gset
select pg_temp.insert_installment(:'their_plan', '2001-03-10') as their_installment \gset
select pg_temp.insert_installment(:'another_plan', '2001-03-10') as another_installment \gset
select pg_temp.insert_user('member', :'theirs') as member \gset
select pg_temp.insert_user('admin') as admin \gset
select pg_temp.insert_user() as stranger \gset

create function pg_temp.domain_tables()
returns table (table_name text)
language sql
as $$
  values
    ('public.agencies'),
    ('public.user_roles'),
    ('public.payment_plans'),
    ('public.installments'),
    ('public.installments_due')
$$;

create function pg_temp.visible_rows(table_name text)
returns bigint
language plpgsql
as $$
declare
  visible bigint;
begin
  execute format('select count(*) from %s', visible_rows.table_name)
  into visible;
  return visible;
end
$$;

create table pg_temp.stored as
select table_name, pg_temp.visible_rows(table_name) as row_count
from pg_temp.domain_tables();
grant select on table pg_temp.stored to authenticated;

-- Without a sign-in

set local role anon;
select throws_ok(
  'select 1 from ' || table_name,
  '42501',
  null,
  format('Without a sign-in no role reads %s', table_name)
)
from pg_temp.domain_tables();
reset role;

-- A user without a role

select pg_temp.sign_in(:'stranger');
select is(
  pg_temp.visible_rows(table_name),
  0::bigint,
  format('A user without a role sees nothing in %s', table_name)
)
from pg_temp.domain_tables();
reset role;

-- A token without a user

set local role authenticated;
select set_config('request.jwt.claims', '{"role": "authenticated"}', true);
select is(
  pg_temp.visible_rows(table_name),
  0::bigint,
  format('A token that names no user sees nothing in %s', table_name)
)
from pg_temp.domain_tables();
reset role;

-- A member

select pg_temp.sign_in(:'member');
select set_eq(
  'select id from public.agencies',
  array[uuid :'theirs'],
  'A member sees their agency and no other'
);
select set_eq(
  'select id from public.payment_plans',
  array[uuid :'their_plan'],
  'A member sees the plans of their agency and no others'
);
select set_eq(
  'select id from public.installments',
  array[uuid :'their_installment'],
  'A member sees the installments of their agency and no others'
);
select results_eq(
  'select user_id, role, agency_id from public.user_roles',
  format('values (uuid %L, %L, uuid %L)', :'member', 'member', :'theirs'),
  'A member sees their own role and no other'
);
reset role;

-- An admin

select pg_temp.sign_in(:'admin');
select is(
  pg_temp.visible_rows(stored.table_name),
  stored.row_count,
  format('An admin sees every row of %s', stored.table_name)
)
from pg_temp.stored
where stored.table_name <> 'public.user_roles';
select set_eq(
  'select user_id from public.user_roles',
  array[uuid :'admin'],
  'An admin sees their own role in user_roles'
);
reset role;

-- An admin of one agency, as the role is defined, is an admin

select pg_temp.insert_user('admin', :'theirs') as agency_admin \gset
select pg_temp.sign_in(:'agency_admin');
select ok(
  exists (select 1 from public.agencies where id = :'another'),
  'A user with the role admin sees every agency, even if the role names one'
);
reset role;

-- Writing

create function pg_temp.writes()
returns table (description text, statement text)
language sql
as $$
  values
    ('add an agency', $w$insert into public.agencies (name) values ('written')$w$),
    ('change agencies', 'update public.agencies set name = name'),
    ('delete agencies', 'delete from public.agencies'),
    (
      'give themselves a role',
      $w$insert into public.user_roles (user_id, role) values ('00000000-0000-0000-0000-000000000000', 'admin')$w$
    ),
    ('change roles', $w$update public.user_roles set role = 'admin'$w$),
    ('delete roles', 'delete from public.user_roles'),
    (
      'add a plan',
      $w$insert into public.payment_plans (agency_id) values ('00000000-0000-0000-0000-000000000000')$w$
    ),
    ('change plans', 'update public.payment_plans set status = status'),
    ('delete plans', 'delete from public.payment_plans'),
    (
      'add an installment',
      $w$
        insert into public.installments (payment_plan_id, amount, student_due_date)
        values (gen_random_uuid(), 1, '2001-03-10')
      $w$
    ),
    ('change installments', $w$update public.installments set status = 'paid'$w$),
    ('delete installments', 'delete from public.installments'),
    ('empty the tables', 'truncate public.agencies, public.user_roles, public.payment_plans, public.installments'),
    ('write through the view', $w$update public.installments_due set status = 'paid'$w$)
$$;

set local role anon;
select ok(
  (select failure.state in ('42501', '55000') from pg_temp.error_of(statement) as failure),
  format('Without a sign-in no role can %s', description)
)
from pg_temp.writes();
reset role;

select pg_temp.sign_in(:'admin');
select ok(
  (select failure.state in ('42501', '55000') from pg_temp.error_of(statement) as failure),
  format('Not even an admin can %s', description)
)
from pg_temp.writes();
reset role;

-- The service role writes

set local role service_role;
select lives_ok(
  format(
    $$
      with agency as (
        insert into public.agencies (id, name, timezone)
        values (%1$L, 'Of the service role', 'Asia/Kathmandu')
      ),
      plan as (
        insert into public.payment_plans (id, agency_id)
        values (%1$L, %2$L)
      )
      insert into public.installments (id, payment_plan_id, amount, student_due_date)
      values (%1$L, %3$L, 1, '2001-03-10')
    $$,
    gen_random_uuid(), :'theirs', :'their_plan'
  ),
  'The service role adds agencies, plans and installments'
);
select lives_ok(
  format('update public.installments set status = %L where id = %L', 'paid', :'their_installment'),
  'The service role changes installments'
);
select lives_ok(
  format('insert into public.user_roles (user_id, role, agency_id) values (%L, %L, %L)', :'stranger', 'member', :'another'),
  'The service role gives roles'
);
select lives_ok(
  format('delete from public.installments where id = %L', :'another_installment'),
  'The service role deletes installments'
);
select throws_ok(
  'truncate public.installments',
  '42501',
  null,
  'The service role cannot truncate a table'
);
reset role;

select throws_ok(
  format('insert into public.user_roles (user_id, role) values (%L, %L)', :'admin', 'admin'),
  '23505',
  null,
  'A user cannot have the same role twice, even without an agency'
);

delete from auth.users
where id = :'member';

select is_empty(
  format('select 1 from public.user_roles where user_id = %L', :'member'),
  'Deleting a user deletes their roles'
);

select * from finish();
rollback;
