/** The zone of the reader. */
export const ZONE = Intl.DateTimeFormat().resolvedOptions().timeZone;

const formats = new Map<string, Intl.DateTimeFormat>();

function format(
  zone: string,
  options: Intl.DateTimeFormatOptions,
): Intl.DateTimeFormat {
  const key = `${zone} ${JSON.stringify(options)}`;
  const known = formats.get(key);
  if (known) return known;
  const made = new Intl.DateTimeFormat("en-GB", { timeZone: zone, ...options });
  formats.set(key, made);
  return made;
}

/** @returns the exact time in UTC and in the reader's zone, for a tooltip. */
export function exact(at: string | number): string {
  const instant = new Date(at);
  const utc = instant.toISOString().replace("T", " ").replace("Z", " UTC");
  if (ZONE === "UTC") return utc;
  const local = format(ZONE, {
    weekday: "short",
    day: "numeric",
    month: "short",
    year: "numeric",
    hour: "2-digit",
    minute: "2-digit",
    second: "2-digit",
    timeZoneName: "short",
  }).format(instant);
  return `${utc}\n${local} (${ZONE})`;
}

/** @returns `28 Nov, 07:00`, with the year unless it is this one. */
export function shortly(at: string | number, zone = "UTC"): string {
  return dayAndTime(at, zone, {});
}

/** @returns `28 Nov 07:00:00`, for lists of runs. */
export function toTheSecond(at: string | number, zone = "UTC"): string {
  return dayAndTime(at, zone, { second: "2-digit" });
}

function dayAndTime(
  at: string | number,
  zone: string,
  seconds: Intl.DateTimeFormatOptions,
): string {
  const instant = new Date(at);
  const sameYear = instant.getUTCFullYear() === new Date().getUTCFullYear();
  return format(zone, {
    day: "numeric",
    month: "short",
    ...!sameYear && { year: "numeric" },
    hour: "2-digit",
    minute: "2-digit",
    ...seconds,
  }).format(instant);
}

/** @returns `07:00`. */
export function timeOfDay(at: string | number, zone = "UTC"): string {
  return format(zone, { hour: "2-digit", minute: "2-digit" })
    .format(new Date(at));
}

/** @returns `Mon`, in the reader's zone. */
export function weekday(at: string | number): string {
  return format(ZONE, { weekday: "short" }).format(new Date(at));
}

/** @returns the short name of a zone at an instant: `UTC`, `GMT+10`. */
export function zoneName(at: string | number, zone = ZONE): string {
  return format(zone, { timeZoneName: "short" })
    .formatToParts(new Date(at))
    .find(({ type }) => type === "timeZoneName")?.value ?? zone;
}
