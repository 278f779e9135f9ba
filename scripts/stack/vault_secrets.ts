import postgres from "postgres";
import { type StackConfig, stackUrls } from "./config.ts";
import { withDatabase } from "./database.ts";
import type { StackKeys } from "./keys.ts";

// What Vault raises for a secret that was stored under another root key.
const UNREADABLE = "39000";

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
  const wanted = {
    functions_url: stackUrls(config).functionsUrl,
    jobs_api_key: keys.jobsApiKey,
  };
  await withDatabase(config, async (sql) => {
    const store = () =>
      sql`
        select
          case
            when held.id is null
              then vault.create_secret(value, name, 'Set by the local stack')::text
            else vault.update_secret(held.id, value)::text
          end
        from jsonb_each_text(${sql.json(wanted)}) as wanted (name, value)
        left join vault.decrypted_secrets as held using (name)
        where held.decrypted_secret is distinct from value
      `;
    try {
      await store();
    } catch (error) {
      if (!(error instanceof postgres.PostgresError)) throw error;
      if (error.code !== UNREADABLE) throw error;
      await sql`
        delete from vault.secrets
        where name in ${sql(Object.keys(wanted))}
      `;
      await store();
    }
  });
}
