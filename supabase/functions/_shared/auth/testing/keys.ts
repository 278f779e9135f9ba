import crypto from "node:crypto";

/**
 * Keys that are nearly the right one: what a comparison would let in that looks
 * at the beginning, the end, the length or the letters only, or tidies up
 * first. All can be sent in a header.
 */
export function nearMisses(key: string): string[] {
  return [
    key.slice(0, -1),
    key.slice(1),
    `${key}1`,
    `1${key}`,
    `${key},`,
    `${key},${key}`,
    `"${key}"`,
    key.toLowerCase(),
    key.toUpperCase(),
    key.replace(/.$/, "~"),
    key.replace(/^./, "~"),
    key.replaceAll(/./g, "~"),
    [...key].reverse().join(""),
    key.slice(0, 1),
    sha256(key),
  ].filter((wrong) => wrong !== key);
}

/** @returns the digest under which a key is compared, in hexadecimal. */
export function sha256(key: string): string {
  return crypto.createHash("sha256").update(key).digest("hex");
}

/** The comparisons in constant time that are made meanwhile. */
export interface WatchedComparisons extends Disposable {
  /** @returns both sides of each comparison since the last call, in hexadecimal. */
  take(): [string, string][];
}

/** Watches the comparison that production uses, and changes nothing in it. */
export function watchComparisons(): WatchedComparisons {
  const { timingSafeEqual } = crypto;
  const compared: [string, string][] = [];
  const replaceBy = (value: typeof timingSafeEqual | typeof watched) =>
    Object.defineProperty(crypto, "timingSafeEqual", { value });
  const watched = (a: Uint8Array, b: Uint8Array) => {
    compared.push([a.toHex(), b.toHex()]);
    return timingSafeEqual(a, b);
  };
  replaceBy(watched);
  return {
    take: () => compared.splice(0),
    [Symbol.dispose]: () => {
      replaceBy(timingSafeEqual);
    },
  };
}
