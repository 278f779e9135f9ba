import { createHash } from "node:crypto";

/**
 * By what people tell keys apart without seeing them.
 *
 * @returns the first eight digits of the SHA-256 digest of a key.
 */
export function fingerprint(key: string): string {
  return createHash("sha256").update(key.trim()).digest("hex").slice(0, 8);
}
