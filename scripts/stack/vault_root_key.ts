import { join } from "node:path";
import { exists, writeSecretFile } from "./files.ts";
import type { PostgresInstallation } from "./packages.ts";
import type { SystemUser } from "./users.ts";

// Both are in the data directory, which is where Postgres runs. The real
// extension gives the script to a shell, so its path must not hold a space.
const KEY_FILE = "supabase_vault.key";
const SCRIPT = "./supabase_vault_key.sh";
const ROOT_KEY_BYTES = 32;

/**
 * Makes the root key that the real extension `supabase_vault` asks for when
 * Postgres starts, and keeps one that is there: it has encrypted the secrets.
 *
 * @param dataDir of the cluster.
 * @param owner who runs Postgres; `null` for the current user.
 * @returns what to set as `vault.getkey_script`; `null` where the stand-in is
 *   used, which makes its key itself.
 */
export async function ensureVaultRootKey(
  dataDir: string,
  { libDir }: PostgresInstallation,
  owner: SystemUser | null,
): Promise<string | null> {
  if (!await exists(join(libDir, "lib", "supabase_vault.so"))) return null;
  const keyFile = join(dataDir, KEY_FILE);
  if (!await exists(keyFile)) {
    await writeSecretFile(keyFile, `${newRootKey()}\n`, owner);
  }
  const script = join(dataDir, SCRIPT);
  await writeSecretFile(script, `#!/bin/sh\nexec cat ${KEY_FILE}\n`, owner);
  await Deno.chmod(script, 0o700);
  return SCRIPT;
}

function newRootKey(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(ROOT_KEY_BYTES));
  return bytes.toHex();
}
