-- The roles of a hosted project, their attributes and time-outs.
-- `supabase_admin` is the bootstrap superuser and exists already.

select format('create role %I', wanted.rolname)
from (
  values
    ('anon'),
    ('authenticated'),
    ('service_role'),
    ('authenticator'),
    ('postgres')
) as wanted (rolname)
where not exists (
  select
  from pg_catalog.pg_roles
  where pg_roles.rolname = wanted.rolname
)
\gexec

-- Attributes are set apart from creation, so that every start repairs them, and
-- before the memberships: since Postgres 16 a grant copies the member's
-- inherit attribute as it is at that moment.
alter role anon with nologin inherit;
alter role authenticated with nologin inherit;
alter role service_role with nologin inherit bypassrls;
alter role authenticator
  with login noinherit password :'authenticator_password';
alter role postgres
  with login nosuperuser inherit createrole createdb replication bypassrls
  password 'postgres';

grant anon, authenticated, service_role to authenticator;

-- Since Postgres 16 createrole alone no longer suffices to set parameters on a
-- role, which `postgres` may do on these three: that takes the admin option.
grant anon, authenticated, service_role to postgres with admin option;
grant pg_monitor, pg_read_all_data, pg_signal_backend to postgres;

-- What supautils allows: a restored dump turns triggers off with it.
grant set on parameter session_replication_role to postgres;

alter role anon set statement_timeout = '3s';
alter role authenticated set statement_timeout = '8s';
alter role authenticator set statement_timeout = '8s';
alter role authenticator set lock_timeout = '8s';
alter role postgres set search_path = "$user", public, extensions;

-- The owner of the database is, through pg_database_owner, the owner of schema
-- public: this is what lets the migrations create tables there.
alter database postgres owner to postgres;
alter database postgres set timezone = 'UTC';
alter database postgres set statement_timeout = '2min';

grant execute on function pg_catalog.pg_reload_conf() to postgres;
