-- Makes a plain Postgres 15, 16 or 17 cluster look to SQL like a hosted
-- Supabase project, so that what passes here passes there.
--
--   DUEWATCH_AUTHENTICATOR_PASSWORD=… psql -X -v ON_ERROR_STOP=1 \
--     -U supabase_admin -d postgres -f platform.sql
--
-- Idempotent: the stack runs it on every start. The password comes through the
-- environment because arguments are visible to every user of the machine.

\set ON_ERROR_STOP on
\getenv authenticator_password DUEWATCH_AUTHENTICATOR_PASSWORD
\if :{?authenticator_password}
\else
  \warn 'DUEWATCH_AUTHENTICATOR_PASSWORD is not set'
  -- psql -f leaves by \quit with status 0; a failing statement leaves with 3.
  do $$ begin raise 'the authenticator needs a password'; end $$;
\endif

set client_min_messages = warning;

begin;
\ir sql/roles.sql
\ir sql/schemas.sql
\ir sql/default_privileges.sql
\ir sql/auth.sql
\ir sql/extensions.sql
\ir sql/vault.sql
\ir sql/cron.sql
commit;
