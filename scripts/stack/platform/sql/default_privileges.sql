-- What the API roles get on new objects of `postgres` in public, as in every
-- project since 30 October 2026. Tables: no data access, but the three rights
-- that row level security does not stop are still there, so a migration that
-- forgets to revoke them fails its tests here too. Functions: PUBLIC keeps the
-- EXECUTE that Postgres gives by itself.

alter default privileges for role postgres in schema public
  revoke all on tables from anon, authenticated, service_role;
alter default privileges for role postgres in schema public
  grant truncate, references, trigger on tables
  to anon, authenticated, service_role;

alter default privileges for role postgres in schema public
  revoke all on sequences from anon, authenticated, service_role;
alter default privileges for role postgres in schema public
  grant update on sequences
  to anon, authenticated, service_role;

alter default privileges for role postgres in schema public
  revoke all on functions from anon, authenticated, service_role;
