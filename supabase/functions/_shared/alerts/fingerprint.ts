import { createHash } from "node:crypto";

/**
 * Identifies the place that a channel sends to without naming it: the same in
 * `jobs.last_resort_target()`, so that the database can compare both.
 */
export function fingerprint(place: string): string {
  return createHash("sha256").update(place).digest("hex").slice(0, 8);
}

/** The fingerprint of who gets a mail, in whatever order and form. */
export function fingerprintOfRecipients(recipients: readonly string[]): string {
  return fingerprint(
    recipients
      .map((each) => /<([^<>]+)>\s*$/.exec(each)?.[1] ?? each)
      .map((address) => address.trim().toLowerCase())
      .sort()
      .join(","),
  );
}
