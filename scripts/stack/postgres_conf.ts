/**
 * The settings that differ from Debian's defaults. Durability is unchanged:
 * tests of crashes would mean nothing without it.
 *
 * @param port that Postgres listens on, on 127.0.0.1.
 * @param vaultKeyScript prints the root key of Vault, where the real extension
 *   is installed; `null` where it is not.
 * @returns the text of a configuration file.
 */
export function postgresConf(
  port: number,
  vaultKeyScript: string | null,
): string {
  const settings: Record<string, string> = {
    "listen_addresses": "127.0.0.1",
    "port": String(port),
    "unix_socket_directories": "",
    "password_encryption": "scram-sha-256",
    "timezone": "UTC",
    "log_timezone": "UTC",
    "log_line_prefix": "%m [%p] %q%u@%d ",
    "log_min_messages": "warning",
    "max_connections": "100",
    "shared_buffers": "256MB",
    "work_mem": "8MB",
    "maintenance_work_mem": "128MB",
    "max_wal_size": "2GB",
    "random_page_cost": "1.1",
    "shared_preload_libraries": vaultKeyScript === null
      ? "pg_cron"
      : "pg_cron, supabase_vault",
    "cron.database_name": "postgres",
    "cron.host": "127.0.0.1",
    "cron.use_background_workers": "off",
    // Supabase's limit on jobs at a time.
    "cron.max_running_jobs": "32",
    ...vaultKeyScript === null ? {} : { "vault.getkey_script": vaultKeyScript },
  };
  return Object.entries(settings)
    .map(([name, value]) => `${name} = '${value}'\n`)
    .join("");
}
