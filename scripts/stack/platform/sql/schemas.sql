-- The schemas beside public, and who may look into which. They belong to
-- supabase_admin, which is also how the CLI tells the platform's schemas from
-- those that it should lint.

create schema if not exists extensions;
create schema if not exists auth;
create schema if not exists vault;

grant usage on schema public
  to postgres, anon, authenticated, service_role;
grant usage, create on schema extensions
  to postgres;
grant usage on schema extensions
  to anon, authenticated, service_role;
grant usage on schema auth
  to postgres, anon, authenticated, service_role;
