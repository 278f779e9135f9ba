import crypto from "node:crypto";

import type { EnvironmentOf, secretKeyVariables } from "../environment.ts";

/** Whether a presented key is one of the configured ones. */
export type KeyCheck = (presented: string) => boolean;

/**
 * Creates a check whose duration reveals nothing about the keys.
 *
 * Digests of equal length are compared in constant time, and all of them,
 * also after a match: neither a key's length, nor how much of it was guessed,
 * nor which of several keys matched can be measured.
 *
 * @param keys the accepted keys; several at once allow rotation without
 *   downtime. An empty list accepts nothing.
 */
export function createKeyCheck(keys: readonly string[]): KeyCheck {
  const accepted = keys.map(digest);
  return (presented) => {
    const candidate = digest(presented);
    let matches = 0;
    for (const key of accepted) {
      matches |= Number(crypto.timingSafeEqual(candidate, key));
    }
    return matches === 1;
  };
}

/** @returns the secret keys of a project, of either generation. */
export function secretKeysOf(
  {
    SUPABASE_SECRET_KEYS: named,
    SUPABASE_SERVICE_ROLE_KEY: legacy,
  }: EnvironmentOf<typeof secretKeyVariables>,
): string[] {
  return [...Object.values(named), ...legacy === undefined ? [] : [legacy]];
}

function digest(key: string): Uint8Array {
  return crypto.createHash("sha256").update(key).digest();
}
