import { parseEnv } from "node:util";
import { type StackConfig, stackUrls } from "./config.ts";
import { readIfExists } from "./files.ts";
import { jsonWebKeySet, type StackKeys } from "./keys.ts";

/**
 * The environment of an Edge Function: what the hosted runtime sets, and the
 * secrets of the stack's own file, which win.
 */
export async function functionEnvironment(
  config: StackConfig,
  keys: StackKeys,
): Promise<Record<string, string>> {
  const urls = stackUrls(config);
  const own = await readIfExists(config.functionsEnvFile);
  return {
    SUPABASE_URL: urls.apiUrl,
    SUPABASE_PUBLISHABLE_KEYS: JSON.stringify({ default: keys.publishableKey }),
    SUPABASE_SECRET_KEYS: JSON.stringify({ default: keys.secretKey }),
    SUPABASE_ANON_KEY: keys.publishableKey,
    SUPABASE_SERVICE_ROLE_KEY: keys.secretKey,
    SUPABASE_DB_URL: urls.databaseUrl,
    SUPABASE_JWKS: jsonWebKeySet(keys),
    JOBS_API_KEY: [keys.jobsApiKey, ...keys.otherJobKeys].join(","),
    JOBS_READ_KEY: [keys.readKey, ...keys.otherReadKeys].join(","),
    FUNCTION_WALL_CLOCK_SECONDS: "600",
    ...parseEnv(own ?? "") as Record<string, string>,
  };
}
