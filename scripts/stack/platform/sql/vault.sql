-- Vault's rights as hosted Supabase gives them: read and delete, and write
-- through the two functions only.

grant usage on schema vault to postgres with grant option;
grant select, delete on table vault.secrets, vault.decrypted_secrets
  to postgres with grant option;
grant execute on function
  vault.create_secret,
  vault.update_secret,
  vault._crypto_aead_det_decrypt
  to postgres with grant option;

grant usage on schema vault to service_role;
grant select, delete on table vault.secrets, vault.decrypted_secrets
  to service_role;
grant execute on function
  vault.create_secret,
  vault.update_secret,
  vault._crypto_aead_det_decrypt
  to service_role;
