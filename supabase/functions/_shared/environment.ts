import { z } from "zod";
import { explainIssues } from "./explain-issues.ts";
import { jsonText } from "./json-text.ts";

/** A setting that keeps a function from starting; its message names it. */
export class EnvironmentError extends Error {
  override readonly name = "EnvironmentError";
}

// A value outside visible ASCII cannot be sent in a header, and the runtime's
// complaint about it would repeat the key in the log.
const key = z.string().regex(
  /^[\x21-\x7e]+$/,
  "a key may hold visible ASCII characters only",
);

const keysByName = jsonText("must be a JSON object of keys by name")
  .pipe(z.record(z.string(), key))
  .default({});

// A shorter one can be guessed.
const MIN_KEY_LENGTH = 16;

const keyList = z
  .string()
  .default("")
  .transform((list) =>
    list.split(",").map((entry) => entry.trim()).filter((entry) => entry !== "")
  )
  .pipe(z.array(key.min(
    MIN_KEY_LENGTH,
    `a key must have at least ${MIN_KEY_LENGTH} characters`,
  )));

/** The checked values of a function's variables. */
export type EnvironmentOf<Variables extends z.ZodRawShape> = z.output<
  z.ZodObject<Variables>
>;

/** The keys with full rights to the project. */
export const secretKeyVariables = {
  SUPABASE_SECRET_KEYS: keysByName,
  /** What projects without `sb_secret_…` keys have instead. */
  SUPABASE_SERVICE_ROLE_KEY: key.optional(),
};

/** How a function reaches the Data API with full rights. */
export const databaseVariables = {
  SUPABASE_URL: z.url({
    protocol: /^https?$/,
    error: "must be the http(s) address of the Supabase project",
  }),
  ...secretKeyVariables,
};

/** The keys that may start a job, comma-separated, so that keys can rotate. */
export const jobKeyVariables = {
  JOBS_API_KEY: keyList,
  /** The same under its older name; hosted projects cannot set this one. */
  SUPABASE_FUNCTION_KEY: keyList,
};

// The members that verify a signature (RFC 7518); a private part is not read.
const verificationKey = z.object({
  kty: z.string(),
  kid: z.string().optional(),
  alg: z.string().optional(),
  crv: z.string().optional(),
  x: z.string().optional(),
  y: z.string().optional(),
  n: z.string().optional(),
  e: z.string().optional(),
  k: z.string().optional(),
});

const verificationKeys = z.union([
  z.object({ keys: z.array(verificationKey) }),
  // Supabase gives it in either form.
  z.array(verificationKey).transform((keys) => ({ keys })),
], "must be a JSON Web Key Set (RFC 7517)");

/** How the tokens of signed-in users are verified and used. */
export const signInVariables = {
  SUPABASE_PUBLISHABLE_KEYS: keysByName,
  /** What projects without `sb_publishable_…` keys have instead. */
  SUPABASE_ANON_KEY: key.optional(),
  /** Without it the keys are fetched from the project's Auth server. */
  SUPABASE_JWKS: jsonText("must be a JSON Web Key Set (RFC 7517)")
    .pipe(verificationKeys)
    .optional(),
};

/** What a function reads to know who may see reports on jobs. */
export const readerVariables = {
  ...databaseVariables,
  ...signInVariables,
  ...jobKeyVariables,
  /** The keys that may read and start nothing, for monitoring. */
  JOBS_READ_KEY: keyList,
};

/** How long the platform lets one request run, in seconds. */
export const wallClockVariables = {
  FUNCTION_WALL_CLOCK_SECONDS: z.coerce
    .number("must be a number of seconds")
    .int("must be a whole number of seconds")
    .min(10, "must be at least 10 seconds")
    .max(86_400, "must be at most a day")
    .default(150),
};

/**
 * The keys of one sort by name, whichever generation the project has.
 *
 * @param named those of the form `sb_…`.
 * @param legacy the one that older projects have instead.
 * @returns the named ones; without any, the legacy one as `default`.
 */
export function keysOfProject(
  named: Readonly<Record<string, string>>,
  legacy: string | undefined,
): Record<string, string> {
  return Object.keys(named).length > 0 || legacy === undefined
    ? { ...named }
    : { default: legacy };
}

/**
 * Reads variables without the white space around them, which a pasted value or
 * a file of secrets brings along.
 *
 * @returns the text of each; undefined when it is not set or blank.
 */
export function readTrimmed<Name extends string>(
  names: readonly Name[],
  read: (name: Name) => string | undefined,
): Partial<Record<Name, string>> {
  return Object.fromEntries(
    names.map((name) => [name, read(name)?.trim() || undefined]),
  ) as Partial<Record<Name, string>>;
}

/**
 * Reads and checks the variables of a function, once, when it starts.
 *
 * @param read gives a variable's text; a blank one counts as not set. Default:
 *   the process's own variables.
 * @throws {EnvironmentError} naming each variable that is missing or wrong,
 *   without repeating its value.
 */
export function parseEnvironment<Variables extends z.ZodRawShape>(
  variables: Variables,
  read = (name: string): string | undefined => Deno.env.get(name),
): EnvironmentOf<Variables> {
  const given = readTrimmed(Object.keys(variables), read);
  const parsed = z.object(variables).safeParse(given);
  if (!parsed.success) {
    throw new EnvironmentError(
      `The function cannot start with this environment. ${
        explainIssues(parsed.error)
      }.`,
    );
  }
  return parsed.data;
}
