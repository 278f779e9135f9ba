-- The extensions of a hosted project, owned by supabase_admin as there. Those
-- that a migration asks for exist already, so its `create extension if not
-- exists` passes without the superuser's rights.

create extension if not exists pgcrypto with schema extensions;
create extension if not exists "uuid-ossp" with schema extensions;

-- `cascade` brings PL/Python where `http` is the stand-in, and nothing where it
-- is the real one. The language is untrusted: `postgres` cannot use it.
create extension if not exists http with schema extensions cascade;

create extension if not exists supabase_vault with schema vault;

-- For the tests and for `supabase db lint`; the stack itself runs without.
select format(
  'create extension if not exists %I with schema extensions',
  available.name
)
from pg_catalog.pg_available_extensions as available
where available.name in ('pgtap', 'plpgsql_check')
\gexec
