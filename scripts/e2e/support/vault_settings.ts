import type { Database } from "./database.ts";

/**
 * Gives the Vault these settings for the length of some work, failed or not.
 *
 * @param settings by name; null takes one out.
 */
export async function withVaultSettings<T>(
  sql: Database,
  settings: Readonly<Record<string, string | null>>,
  work: () => Promise<T>,
): Promise<T> {
  const names = Object.keys(settings);
  const before = await sql<{ name: string; value: string }[]>`
    select name, decrypted_secret as value
    from vault.decrypted_secrets
    where name in ${sql(names)}
  `;
  try {
    for (const [name, value] of Object.entries(settings)) {
      await setSetting(sql, name, value);
    }
    return await work();
  } finally {
    const values = new Map(before.map(({ name, value }) => [name, value]));
    for (const name of names) {
      await setSetting(sql, name, values.get(name) ?? null);
    }
  }
}

async function setSetting(
  sql: Database,
  name: string,
  value: string | null,
): Promise<void> {
  await sql`delete from vault.secrets where name = ${name}`;
  if (value !== null) await sql`select vault.create_secret(${value}, ${name})`;
}

/** The value of a setting that is in Vault. */
export async function storedSetting(
  sql: Database,
  name: string,
): Promise<string> {
  const [{ value }] = await sql<{ value: string }[]>`
    select decrypted_secret as value
    from vault.decrypted_secrets
    where name = ${name}
  `;
  return value;
}
