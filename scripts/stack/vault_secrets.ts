import postgres from "postgres";
import { type StackConfig, stackUrls } from "./config.ts";
import { withDatabase } from "./database.ts";
import { functionEnvironment } from "./function_environment.ts";
import type { StackKeys } from "./keys.ts";

// What Vault raises for a secret that was stored under another root key.
const UNREADABLE = "22000";

// The functions have them as secrets, the database as settings.
const LAST_RESORT = [
  "SLACK_WEBHOOK_URL",
  "RESEND_API_KEY",
  "RESEND_BASE_URL",
  "ALERT_EMAIL_FROM",
  "ALERT_EMAIL_TO",
  "RUNBOOK_URL",
  "ALERT_TIMEZONE",
];

const DESCRIPTION = "Set by the local stack";

/**
 * Makes the Vault hold what the database needs to call the functions, and to
 * reach the people whom their secrets name.
 *
 * Another port or a lost secret is repaired at any start.
 */
export async function ensureVaultSecrets(
  config: StackConfig,
  keys: StackKeys,
): Promise<void> {
  const secrets = await functionEnvironment(config, keys);
  const wanted: Record<string, string> = {
    ...Object.fromEntries(
      LAST_RESORT.filter((name) => secrets[name])
        .map((name) => [name.toLowerCase(), secrets[name]]),
    ),
    functions_url: stackUrls(config).functionsUrl,
    jobs_api_key: keys.jobsApiKey,
  };
  await withDatabase(config, async (sql) => {
    await sql`
      delete from vault.secrets
      where description = ${DESCRIPTION}
        and name <> all (${Object.keys(wanted)})
    `;
    const store = () =>
      sql`
        select
          case
            when held.id is null
              then vault.create_secret(value, name, ${DESCRIPTION})::text
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
