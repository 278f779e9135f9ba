-- A stand-in for supabase_vault 0.3.1 over pgcrypto, which has to be in schema
-- `extensions`, as on Supabase. README.md says what matches.

\echo Use "create extension supabase_vault" to load this file. \quit

-- The key --------------------------------------------------------------------

-- The key lies beside the database and not in it: a dump, or a superuser's look
-- at the tables, holds nothing that could be read. The data directory is closed
-- to other users of the machine. A key that is there already is kept, or what
-- it has encrypted would be lost.
do $$
declare
  key_file constant text :=
    current_setting('data_directory') || '/supabase_vault.key';
begin
  if pg_stat_file(key_file, true) is null then
    execute format(
      'copy (select encode(extensions.gen_random_bytes(32), ''hex'')) to %L',
      key_file
    );
  end if;
end;
$$;

-- One key per secret, derived from the file's: a ciphertext that is moved to
-- another row, or whose nonce is changed, no longer decrypts. Only a superuser
-- can read the file, and only a superuser may call this.
create function vault._derived_key(additional bytea, nonce bytea)
returns text
language sql
stable
set search_path = ''
as $$
  select encode(
    extensions.hmac(
      _derived_key.additional || _derived_key.nonce,
      decode(btrim(pg_read_file('supabase_vault.key'), E'\n'), 'hex'),
      'sha256'
    ),
    'hex'
  )
$$;

create function vault._crypto_aead_det_encrypt(
  message bytea,
  additional bytea,
  key_id bigint,
  context bytea default 'pgsodium',
  nonce bytea default null
)
returns bytea
language sql
set search_path = ''
as $$
  select extensions.pgp_sym_encrypt_bytea(
    message,
    vault._derived_key(additional, nonce),
    'cipher-algo=aes256'
  )
$$;

-- The error of pgcrypto is 39000, and that of Vault 22000.
create function vault._crypto_aead_det_decrypt(
  message bytea,
  additional bytea,
  key_id bigint,
  context bytea default 'pgsodium',
  nonce bytea default null
)
returns bytea
language plpgsql
stable
security definer
set search_path = ''
as $$
begin
  return extensions.pgp_sym_decrypt_bytea(
    message,
    vault._derived_key(additional, nonce)
  );
exception
  when external_routine_invocation_exception then
    raise exception using
      errcode = 'data_exception',
      message = 'pgsodium_crypto_aead_det_decrypt_by_id: invalid ciphertext';
end;
$$;

-- The secrets ----------------------------------------------------------------

create table vault.secrets (
  id uuid primary key default gen_random_uuid(),
  name text,
  description text not null default '',
  secret text not null,
  key_id uuid,
  nonce bytea default extensions.gen_random_bytes(16),
  created_at timestamptz not null default current_timestamp,
  updated_at timestamptz not null default current_timestamp
);

comment on table vault.secrets is
  'Secrets by name; column secret holds them encrypted.';

create unique index secrets_name_idx
  on vault.secrets (name)
  where name is not null;

create view vault.decrypted_secrets as
select
  id,
  name,
  description,
  secret,
  convert_from(
    vault._crypto_aead_det_decrypt(
      message => decode(secret, 'base64'),
      additional => convert_to(id::text, 'utf8'),
      key_id => 0,
      nonce => nonce
    ),
    'utf8'
  ) as decrypted_secret,
  key_id,
  nonce,
  created_at,
  updated_at
from vault.secrets;

comment on view vault.decrypted_secrets is
  'The secrets in plain text, decrypted as they are read.';

create function vault.create_secret(
  new_secret text,
  new_name text default null,
  new_description text default '',
  new_key_id uuid default null
)
returns uuid
language sql
security definer
set search_path = ''
as $$
  insert into vault.secrets (id, nonce, name, description, secret)
  select
    made.id,
    made.nonce,
    create_secret.new_name,
    create_secret.new_description,
    encode(
      vault._crypto_aead_det_encrypt(
        message => convert_to(create_secret.new_secret, 'utf8'),
        additional => convert_to(made.id::text, 'utf8'),
        key_id => 0,
        nonce => made.nonce
      ),
      'base64'
    )
  from (
    select
      gen_random_uuid() as id,
      extensions.gen_random_bytes(16) as nonce
    offset 0
  ) as made
  returning id
$$;

comment on function vault.create_secret(text, text, text, uuid) is
  'Stores a secret and returns its id. Fails with 23505 on a name that exists.
new_key_id is accepted and not used.';

-- A secret that cannot be decrypted cannot be changed either.
create function vault.update_secret(
  secret_id uuid,
  new_secret text default null,
  new_name text default null,
  new_description text default null,
  new_key_id uuid default null
)
returns void
language plpgsql
security definer
set search_path = ''
as $$
begin
  perform decrypted_secret
  from vault.decrypted_secrets
  where id = update_secret.secret_id;

  update vault.secrets
  set
    secret = coalesce(
      encode(
        vault._crypto_aead_det_encrypt(
          message => convert_to(update_secret.new_secret, 'utf8'),
          additional => convert_to(id::text, 'utf8'),
          key_id => 0,
          nonce => nonce
        ),
        'base64'
      ),
      secret
    ),
    name = coalesce(update_secret.new_name, name),
    description = coalesce(update_secret.new_description, description),
    updated_at = now()
  where id = update_secret.secret_id;
end;
$$;

comment on function vault.update_secret(uuid, text, text, text, uuid) is
  'Changes what is not null of a secret. Does nothing when the id is unknown.
new_key_id is accepted and not used.';

revoke all on all functions in schema vault from public;

select pg_extension_config_dump('vault.secrets', '');
