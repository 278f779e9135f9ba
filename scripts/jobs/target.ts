import { Buffer } from "node:buffer";
import { z } from "zod";
import { readIfExists } from "../stack/files.ts";
import { readKeys } from "../stack/keys.ts";
import { readConfig, stackUrls } from "../stack/stack.ts";
import { assertStateDirIsOurs, statePaths } from "../stack/state_dir.ts";
import { parseJson } from "../json/parse_json.ts";
import { JobsError } from "./errors.ts";

/** Which project to ask, and with which key. */
export interface Target {
  /** The address of the project, for messages. */
  readonly name: string;
  /** Under which the functions are, without a slash at the end. */
  readonly functionsUrl: string;
  /** Under which the Data API is, without a slash at the end. */
  readonly dataUrl: string;
  readonly key: string;
  /** Where the key came from, for the message that it was refused. */
  readonly keySource: string;
  /** What to do when the project does not answer; may be empty. */
  readonly advice: string;
}

/** What the command line says of the target. */
export interface TargetOptions {
  /** Address of the project. Default: the variable `DUEWATCH_URL`. */
  readonly url?: string;
  /** File that holds the key. Default: the variable `DUEWATCH_KEY`. */
  readonly keyFile?: string;
}

type Environment = Readonly<Record<string, string>>;

const LOOPBACK = ["localhost", "127.0.0.1", "[::1]"];

/**
 * Finds the project to use: the one on the command line or in the environment,
 * else the local stack with its own keys.
 *
 * @throws {JobsError} when the address or the key is missing or not usable.
 */
export async function findTarget(
  options: TargetOptions,
  environment: Environment,
): Promise<Target> {
  const url = options.url ?? (environment.DUEWATCH_URL || undefined);
  const key = await givenKey(options.keyFile, environment);
  return url === undefined
    ? await localStack(key, environment, "jobsApiKey")
    : projectAt(url, key, "a job key or a read key");
}

/**
 * Finds the project whose Data API to use, as `findTarget` does, with the secret
 * key of the project.
 *
 * @throws {JobsError} also when the key is another one.
 */
export async function findDataTarget(
  options: TargetOptions,
  environment: Environment,
): Promise<Target> {
  const url = options.url ?? (environment.DUEWATCH_URL || undefined);
  const key = await givenKey(options.keyFile, environment);
  if (key !== null && !isSecretKey(key.key)) {
    throw new JobsError(
      `${key.keySource} holds no secret key: installments are read through ` +
        "the Data API, which takes the project's secret key (sb_secret_…). " +
        "A job key and a read key open the functions only.",
    );
  }
  return url === undefined
    ? await localStack(key, environment, "secretKey")
    : projectAt(url, key, "the project's secret key (sb_secret_…)");
}

/** A secret key, or the service-role key of an older project, a JWT. */
function isSecretKey(key: string): boolean {
  if (key.startsWith("sb_secret_")) return true;
  const payload = /^[\w-]+\.([\w-]+)\.[\w-]+$/.exec(key)?.[1];
  if (payload === undefined) return false;
  const text = Buffer.from(payload, "base64url").toString();
  return z.looseObject({ role: z.literal("service_role") })
    .safeParse(parseJson(text)).success;
}

type Key = Pick<Target, "key" | "keySource">;

function projectAt(url: string, key: Key | null, keysTaken: string): Target {
  const name = projectUrl(url);
  if (key === null) {
    throw new JobsError(
      `There is no key for ${name}: put ${keysTaken} into the variable ` +
        "DUEWATCH_KEY, or into a file and name it with --key-file. To write a job key to " +
        "a file: (umask 077; npx duewatch keys show job --linked > job-key)",
    );
  }
  return {
    name,
    functionsUrl: `${name}/functions/v1`,
    dataUrl: `${name}/rest/v1`,
    ...key,
    advice: "",
  };
}

function projectUrl(text: string): string {
  const url = URL.parse(text);
  if (url === null || !["http:", "https:"].includes(url.protocol)) {
    throw new JobsError(
      "The address of the project is not valid. It looks like " +
        "https://<project-ref>.supabase.co.",
    );
  }
  if (url.username !== "" || url.password !== "") {
    throw new JobsError(
      "The address of the project must not hold a name or a password.",
    );
  }
  if (url.protocol === "http:" && !LOOPBACK.includes(url.hostname)) {
    throw new JobsError(
      `The key would be sent to ${url.host} unencrypted: use https.`,
    );
  }
  const path = url.pathname.replace(/(\/functions\/v1)?\/*$/, "");
  return url.origin + path;
}

async function localStack(
  key: Key | null,
  environment: Environment,
  keyName: "jobsApiKey" | "secretKey",
): Promise<Target> {
  const config = readConfig({ ...environment });
  await assertStateDirIsOurs(config);
  const keys = await readKeys(statePaths(config).keysFile);
  if (keys === null) {
    throw new JobsError(
      "There is no local stack. Name a project with --linked or --url, or start " +
        "the stack in a checkout: npm start",
    );
  }
  const { apiUrl, functionsUrl } = stackUrls(config);
  return {
    name: apiUrl,
    functionsUrl,
    dataUrl: `${apiUrl}/rest/v1`,
    ...key ?? { key: keys[keyName], keySource: "the local stack" },
    advice: "Start the local stack with `npm start`, or name a project with " +
      "--url.",
  };
}

async function givenKey(
  keyFile: string | undefined,
  environment: Environment,
): Promise<Key | null> {
  if (keyFile !== undefined) {
    return usableKey(await readKeyFile(keyFile), keyFile);
  }
  const { DUEWATCH_KEY } = environment;
  return DUEWATCH_KEY ? usableKey(DUEWATCH_KEY, "DUEWATCH_KEY") : null;
}

// The runtime would repeat a key that cannot be in a header.
function usableKey(text: string, keySource: string): Key {
  const key = text.trim();
  if (/^[\x21-\x7e]+$/.test(key)) return { key, keySource };
  throw new JobsError(
    `${keySource} holds no usable key: a key is one line of visible ASCII ` +
      "characters.",
  );
}

async function readKeyFile(path: string): Promise<string> {
  try {
    const text = await readIfExists(path);
    if (text !== null) return text;
  } catch (error) {
    if (!(error instanceof Error)) throw error;
    throw new JobsError(`The key file ${path} cannot be read: ${error.name}.`);
  }
  throw new JobsError(`There is no key file ${path}.`);
}
