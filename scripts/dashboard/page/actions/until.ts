const HOUR_MS = 3_600_000;

/** The ends that the dialog offers, by how long they are away in hours. */
export const CHOICES = [
  { hours: 1, text: "in 1 hour" },
  { hours: 4, text: "in 4 hours" },
  { hours: 24, text: "in 24 hours" },
  { hours: 168, text: "in 7 days" },
] as const;

/** @returns an instant so many hours after another, in ISO 8601. */
export function afterHours(hours: number, now: number): string {
  return new Date(now + hours * HOUR_MS).toISOString();
}

/**
 * Reads a date and time of the reader's own zone.
 *
 * @param text as an input of the type `datetime-local` gives it.
 * @returns it in ISO 8601; null for what is none.
 */
export function fromLocal(text: string): string | null {
  const at = new Date(text);
  return Number.isNaN(at.getTime()) ? null : at.toISOString();
}
