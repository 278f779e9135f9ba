import { Buffer } from "node:buffer";
import { randomBytes } from "node:crypto";
import { z } from "zod";
import { parseJson } from "../json/parse_json.ts";
import { StackError } from "./errors.ts";
import { readIfExists, writeSecretFile } from "./files.ts";

const keysSchema = z.object({
  instanceId: z.uuid(),
  supabaseAdminPassword: z.string().min(20),
  authenticatorPassword: z.string().min(20),
  publishableKey: z.string().startsWith("sb_publishable_"),
  secretKey: z.string().startsWith("sb_secret_"),
  jwtSecret: z.string().min(32),
  jwtKeyId: z.string().min(1),
  jobsApiKey: z.string().min(20),
  readKey: z.string().min(20),
  /** Accepted beside the job key while it is rotated. */
  otherJobKeys: z.array(z.string()).default([]),
  /** Accepted beside the read key while it is rotated. */
  otherReadKeys: z.array(z.string()).default([]),
});

/** The secrets of one local stack, generated at its first start. */
export type StackKeys = z.infer<typeof keysSchema>;

/** Makes a set of keys with 192 random bits in each secret. */
export function generateKeys(): StackKeys {
  return {
    instanceId: crypto.randomUUID(),
    supabaseAdminPassword: randomToken(),
    authenticatorPassword: randomToken(),
    publishableKey: `sb_publishable_${randomToken()}`,
    secretKey: `sb_secret_${randomToken()}`,
    jwtSecret: randomToken() + randomToken(),
    jwtKeyId: "local",
    jobsApiKey: `job_${randomToken()}`,
    readKey: `read_${randomToken()}`,
    otherJobKeys: [],
    otherReadKeys: [],
  };
}

/**
 * Reads the keys of a stack.
 *
 * @returns `null` when the stack was never started.
 * @throws StackError when the file is damaged.
 */
export async function readKeys(keysFile: string): Promise<StackKeys | null> {
  const text = await readIfExists(keysFile);
  if (text === null) return null;
  const parsed = keysSchema.safeParse(parseJson(text));
  if (!parsed.success) {
    throw new StackError(
      `${keysFile} is damaged: stop the stack, remove the folder it lies in, ` +
        "and start again.",
    );
  }
  return parsed.data;
}

/** Reads the keys of a stack, or generates and keeps them with mode 600. */
export async function ensureKeys(keysFile: string): Promise<StackKeys> {
  const existing = await readKeys(keysFile);
  if (existing !== null) return existing;
  const keys = generateKeys();
  await writeKeys(keysFile, keys);
  return keys;
}

/** Keeps the keys of a stack with mode 600. */
export async function writeKeys(
  keysFile: string,
  keys: StackKeys,
): Promise<void> {
  await writeSecretFile(keysFile, JSON.stringify(keys, null, 2) + "\n");
}

/** The verification key for user tokens, as a JSON Web Key Set (RFC 7517). */
export function jsonWebKeySet(keys: StackKeys): string {
  const k = Buffer.from(keys.jwtSecret).toString("base64url");
  return JSON.stringify({
    keys: [{ kty: "oct", alg: "HS256", kid: keys.jwtKeyId, use: "sig", k }],
  });
}

function randomToken(): string {
  return randomBytes(24).toString("base64url");
}
