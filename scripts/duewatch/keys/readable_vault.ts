import { messageOf } from "../../process/message_of.ts";
import { DuewatchError } from "../errors.ts";

// What Vault says of a secret that was stored under another root key.
const OF_ANOTHER_KEY = /invalid ciphertext/;

/**
 * Does some work with the secrets in Vault.
 *
 * @throws DuewatchError when they cannot be decrypted, with what to do: a secret
 *   that cannot be read cannot be changed either.
 */
export async function withReadableVault<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (!OF_ANOTHER_KEY.test(messageOf(error))) throw error;
    throw new DuewatchError(
      "Vault cannot be read: its secrets were stored under another root key, " +
        "as after a restore or in a copy of a project. They are lost. Remove " +
        "those of Duewatch, and then run `npx duewatch deploy`, which makes " +
        "new ones:\n\n" +
        "  delete from vault.secrets\n" +
        "  where name ~ '^(functions_url|jobs_(api|read)_key|slack_webhook_url|" +
        "resend_|alert_|runbook_url)';",
      1,
    );
  }
}
