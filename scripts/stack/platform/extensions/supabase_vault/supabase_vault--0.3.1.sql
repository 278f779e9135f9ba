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
      convert_to(length(_derived_key.additional) || ':', 'utf8')
        || _derived_key.additional
        || _derived_key.nonce,
      decode(btrim(pg_read_file('supabase_vault.key'), E'\n'), 'hex'),
      'sha256'
    ),
    'hex'
  )
$$;
revoke all on function vault._derived_key(bytea, bytea) from public;

create function vault._crypto_aead_det_encrypt(
  message bytea,
  additional bytea,
  key_id bigint,
  context bytea default 'pgsodium',
  nonce bytea default null
)
returns bytea
language sql
volatile
security definer
set search_path = ''
as $$
  select extensions.pgp_sym_encrypt_bytea(
    message,
    vault._derived_key(additional => additional, nonce => nonce),
    'cipher-algo=aes256'
  )
$$;
revoke all on function vault._crypto_aead_det_encrypt(
  bytea, bytea, bigint, bytea, bytea
) from public;

create function vault._crypto_aead_det_decrypt(
  message bytea,
  additional bytea,
  key_id bigint,
  context bytea default 'pgsodium',
  nonce bytea default null
)
returns bytea
language sql
stable
security definer
set search_path = ''
as $$
  select extensions.pgp_sym_decrypt_bytea(
    message,
    vault._derived_key(additional => additional, nonce => nonce)
  )
$$;
revoke all on function vault._crypto_aead_det_decrypt(
  bytea, bytea, bigint, bytea, bytea
) from public;

create function vault._crypto_aead_det_noncegen()
returns bytea
language sql
volatile
set search_path = ''
as $$
  select extensions.gen_random_bytes(16)
$$;
revoke all on function vault._crypto_aead_det_noncegen() from public;

-- The secrets ----------------------------------------------------------------

create table vault.secrets (
  id uuid primary key default gen_random_uuid(),
  name text,
  description text not null default '',
  secret text not null,
  key_id uuid,
  nonce bytea default vault._crypto_aead_det_noncegen(),
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
  secrets.id,
  secrets.name,
  secrets.description,
  secrets.secret,
  convert_from(
    vault._crypto_aead_det_decrypt(
      message => decode(secrets.secret, 'base64'),
      additional => convert_to(secrets.id::text, 'utf8'),
      key_id => 0,
      nonce => secrets.nonce
    ),
    'utf8'
  ) as decrypted_secret,
  secrets.key_id,
  secrets.nonce,
  secrets.created_at,
  secrets.updated_at
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
language plpgsql
security definer
set search_path = ''
as $$
declare
  secret_id constant uuid := gen_random_uuid();
  secret_nonce constant bytea := vault._crypto_aead_det_noncegen();
begin
  insert into vault.secrets (id, name, description, secret, nonce)
  values (
    secret_id,
    create_secret.new_name,
    create_secret.new_description,
    encode(
      vault._crypto_aead_det_encrypt(
        message => convert_to(create_secret.new_secret, 'utf8'),
        additional => convert_to(secret_id::text, 'utf8'),
        key_id => 0,
        nonce => secret_nonce
      ),
      'base64'
    ),
    secret_nonce
  );
  return secret_id;
end;
$$;
revoke all on function vault.create_secret(text, text, text, uuid) from public;

comment on function vault.create_secret(text, text, text, uuid) is
  'Stores a secret and returns its id. Fails with 23505 on a name that exists.
new_key_id is accepted and not used.';

create function vault.update_secret(
  secret_id uuid,
  new_secret text default null,
  new_name text default null,
  new_description text default null,
  new_key_id uuid default null
)
returns void
language sql
security definer
set search_path = ''
as $$
  update vault.secrets
  set
    secret = coalesce(
      encode(
        vault._crypto_aead_det_encrypt(
          message => convert_to(update_secret.new_secret, 'utf8'),
          additional => convert_to(secrets.id::text, 'utf8'),
          key_id => 0,
          nonce => secrets.nonce
        ),
        'base64'
      ),
      secrets.secret
    ),
    name = coalesce(update_secret.new_name, secrets.name),
    description = coalesce(update_secret.new_description, secrets.description),
    updated_at = now()
  where secrets.id = update_secret.secret_id
$$;
revoke all on function vault.update_secret(uuid, text, text, text, uuid)
  from public;

comment on function vault.update_secret(uuid, text, text, text, uuid) is
  'Changes what is not null of a secret. Does nothing when the id is unknown.
new_key_id is accepted and not used.';

select pg_extension_config_dump('vault.secrets', '');
