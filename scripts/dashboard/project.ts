import { JobsError } from "../jobs/errors.ts";
import type { Target } from "../jobs/target.ts";
import { readConfig, stackUrls } from "../stack/stack.ts";
import { readKeys } from "../stack/keys.ts";
import { statePaths } from "../stack/state_dir.ts";
import type { Config, StartCommand } from "./page_config.ts";
import type { Project } from "./server/upstream.ts";

type Environment = Readonly<Record<string, string>>;

/**
 * Finds out how a process on this machine asks the project.
 *
 * @param environment `SUPABASE_SECRET_KEY` lets it read agencies and
 *   installments; the local stack has its own.
 */
export async function localProject(
  target: Target,
  environment: Environment,
  command: StartCommand,
): Promise<{ readonly project: Project; readonly config: Config }> {
  const local = await localStack(environment);
  const isLocal = local?.apiUrl === target.name;
  const secretKey = environment.SUPABASE_SECRET_KEY ||
    (isLocal ? local.secretKey : null);
  return {
    project: {
      functionsUrl: target.functionsUrl,
      key: target.key,
      restUrl: `${target.name}/rest/v1`,
      secretKey,
    },
    config: {
      mode: "process",
      project: target.name,
      command,
      data: secretKey !== null,
      local: isLocal,
    },
  };
}

/**
 * Finds out how a page on a static host asks the project.
 *
 * @throws {JobsError} when the address or the key is missing or not usable.
 */
export async function signInConfig(
  options: { readonly url?: string; readonly publishableKey?: string },
  environment: Environment,
): Promise<Config> {
  const local = await localStack(environment);
  const address = options.url ?? (environment.DUEWATCH_URL || local?.apiUrl);
  const url = address === undefined ? null : URL.parse(address);
  if (url === null || !["http:", "https:"].includes(url.protocol)) {
    throw new JobsError(
      "Name the project with --url. Its address looks like " +
        "https://<project-ref>.supabase.co.",
    );
  }
  const isLocal = local?.apiUrl === url.origin;
  const key = options.publishableKey ??
    (isLocal ? local.publishableKey : undefined);
  if (key === undefined) {
    throw new JobsError(
      "Give the publishable key of the project with --publishable-key. It is " +
        "public: it is in every page that uses the project.",
    );
  }
  if (key.startsWith("sb_secret_") || !/^[\x21-\x7e]+$/.test(key)) {
    throw new JobsError(
      "That is not a publishable key. A secret key must never be in a page.",
    );
  }
  return {
    mode: "sign-in",
    project: url.origin,
    publishableKey: key,
    local: isLocal,
  };
}

async function localStack(environment: Environment) {
  const config = readConfig({ ...environment });
  const keys = await readKeys(statePaths(config).keysFile);
  if (keys === null) return null;
  const { secretKey, publishableKey } = keys;
  return { apiUrl: stackUrls(config).apiUrl, secretKey, publishableKey };
}
