import { type StackConfig, stackUrls } from "./config.ts";
import { withDatabase } from "./database.ts";
import type { StackKeys } from "./keys.ts";

/**
 * Makes the Vault hold what the database needs to call the functions.
 *
 * `supabase db push` writes these secrets from config.toml only while
 * migrations are pending, and another port or a lost secret must be repaired
 * at any start.
 */
export async function ensureVaultSecrets(
  config: StackConfig,
  keys: StackKeys,
): Promise<void> {
  const wanted: Record<string, string> = {
    functions_url: stackUrls(config).functionsUrl,
    jobs_api_key: keys.jobsApiKey,
  };
  await withDatabase(config, async (sql) => {
    for (const [name, value] of Object.entries(wanted)) {
      const [secret] = await sql<{ id: string; decrypted_secret: string }[]>`
        select id, decrypted_secret
        from vault.decrypted_secrets
        where name = ${name}
      `;
      if (secret === undefined) {
        await sql`
          select vault.create_secret(
            ${value},
            ${name},
            'Set by the local stack'
          )
        `;
      } else if (secret.decrypted_secret !== value) {
        await sql`select vault.update_secret(${secret.id}::uuid, ${value})`;
      }
    }
  });
}
