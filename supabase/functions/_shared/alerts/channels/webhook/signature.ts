import { Buffer } from "node:buffer";
import crypto from "node:crypto";

const PREFIX = "whsec_";

/** @returns the key of a secret of Standard Webhooks, or undefined for none. */
export function keyOf(secret: string): Uint8Array | undefined {
  const encoded = secret.startsWith(PREFIX)
    ? secret.slice(PREFIX.length)
    : secret;
  if (!/^[A-Za-z0-9+/]+={0,2}$/.test(encoded)) return undefined;
  const key = Buffer.from(encoded, "base64");
  return key.length >= 24 && key.length <= 64 ? key : undefined;
}

/**
 * Signs a message as Standard Webhooks asks.
 *
 * @param at when it is sent: a receiver refuses what is much older.
 * @returns the three headers.
 */
export function signed(
  { id, at, body, key }: {
    readonly id: string;
    readonly at: Date;
    readonly body: string;
    readonly key: Uint8Array;
  },
): Record<string, string> {
  const timestamp = Math.floor(at.getTime() / 1000).toString();
  const signature = crypto
    .createHmac("sha256", key)
    .update(`${id}.${timestamp}.${body}`)
    .digest("base64");
  return {
    "webhook-id": id,
    "webhook-timestamp": timestamp,
    "webhook-signature": `v1,${signature}`,
  };
}
