import { withReadableVault } from "../keys/readable_vault.ts";
import { literal } from "../names/tokens.ts";
import type { ProjectDatabase } from "../preflight/database.ts";

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

/** What the database has to know besides its key. */
export function settingsFor(
  functionsUrl: string,
  secrets: Readonly<Record<string, string>>,
): Record<string, string> {
  return {
    functions_url: functionsUrl,
    ...Object.fromEntries(
      LAST_RESORT.filter((name) => secrets[name])
        .map((name) => [name.toLowerCase(), secrets[name]]),
    ),
  };
}

/** Stores settings in Vault; those that are right stay as they are. */
export async function storeSettings(
  database: ProjectDatabase,
  settings: Readonly<Record<string, string>>,
): Promise<void> {
  const statement = `
    do $settings$
    declare
      wanted record;
      held_id uuid;
      held_value text;
    begin
      for wanted in
        select * from jsonb_each_text(${
    literal(JSON.stringify(settings))
  }::jsonb) as setting (name, value)
      loop
        select id, decrypted_secret into held_id, held_value
        from vault.decrypted_secrets where name = wanted.name;
        if held_id is null then
          perform vault.create_secret(wanted.value, wanted.name, 'Duewatch: set by deploy');
        elsif held_value is distinct from wanted.value then
          perform vault.update_secret(held_id, wanted.value);
        end if;
      end loop;
    end
    $settings$`;
  await withReadableVault(() => database.change(statement));
}
