// A service that asks for more is asked again all the same: a channel must not
// fall silent for a day because a proxy sent a wrong number.
const LONGEST_SECONDS = 3600;

/**
 * @param header the value of `Retry-After`: seconds, or a date.
 * @returns seconds from now, at most an hour; undefined when there is no such
 *   header or it cannot be read.
 */
export function retryAfterSeconds(
  header: string | null | undefined,
): number | undefined {
  const text = header?.trim() ?? "";
  if (text === "") return undefined;
  const seconds = /^\d+(?:\.\d+)?$/.test(text)
    ? Number(text)
    : (Date.parse(text) - Date.now()) / 1000;
  return Number.isNaN(seconds)
    ? undefined
    : Math.min(Math.max(seconds, 0), LONGEST_SECONDS);
}
