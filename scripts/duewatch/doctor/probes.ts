import type { Probe } from "./calls.ts";

// Not JSON, so that a function that checks its keys first and then its body
// answers 400 or 401, and does nothing.
const NO_REQUEST = "duewatch doctor";

/** The functions that only report, and accept read keys. */
export const READERS: readonly string[] = [
  "check-job-health",
  "job-logs",
  "job-metrics",
];

/**
 * The requests that show whether a function is there and accepts the key. None
 * of them changes anything.
 *
 * @param ours the functions of Duewatch; of others only the preflight is asked.
 */
export function probesOf(
  slugs: readonly string[],
  ours: readonly string[],
): Probe[] {
  return slugs.map((slug) => {
    if (slug === "check-job-health") {
      return { slug, method: "GET", query: "?dryRun=true" };
    }
    if (READERS.includes(slug)) return { slug, method: "GET" };
    if (!ours.includes(slug)) return { slug, method: "OPTIONS" };
    return { slug, method: "POST", body: NO_REQUEST };
  });
}
