-- The part of Supabase Auth that SQL leans on: users to point foreign keys at,
-- and the functions through which policies read the caller's token. Nobody
-- signs up here, so sessions, factors and identities are left out.

create table if not exists auth.users (
  instance_id uuid,
  id uuid primary key,
  aud varchar(255),
  role varchar(255),
  email varchar(255),
  encrypted_password varchar(255),
  email_confirmed_at timestamptz,
  invited_at timestamptz,
  confirmation_sent_at timestamptz,
  recovery_sent_at timestamptz,
  last_sign_in_at timestamptz,
  raw_app_meta_data jsonb,
  raw_user_meta_data jsonb,
  is_super_admin boolean,
  created_at timestamptz,
  updated_at timestamptz,
  phone text unique,
  phone_confirmed_at timestamptz,
  confirmed_at timestamptz
    generated always as (least(email_confirmed_at, phone_confirmed_at)) stored,
  banned_until timestamptz,
  is_sso_user boolean not null default false,
  deleted_at timestamptz,
  is_anonymous boolean not null default false
);

-- As on the platform, only addresses outside single sign-on are unique.
create unique index if not exists users_email_partial_key
  on auth.users (email)
  where not is_sso_user;

alter table auth.users enable row level security;
grant all on table auth.users to postgres;

create or replace function auth.jwt()
returns jsonb
language sql
stable
return nullif(current_setting('request.jwt.claims', true), '')::jsonb;

comment on function auth.jwt() is
  'The claims of the token that the request came with, null without one.';

create or replace function auth.uid()
returns uuid
language sql
stable
return (auth.jwt() ->> 'sub')::uuid;

comment on function auth.uid() is
  'The id of the signed-in user, null without one.';

create or replace function auth.role()
returns text
language sql
stable
return auth.jwt() ->> 'role';

comment on function auth.role() is
  'The API role that the token names.';

create or replace function auth.email()
returns text
language sql
stable
return auth.jwt() ->> 'email';

comment on function auth.email() is
  'The e-mail address of the signed-in user, null without one.';
