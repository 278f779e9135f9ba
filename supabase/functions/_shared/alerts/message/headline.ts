import type { Description } from "./description.ts";
import { truncate, type TruncateOptions } from "../../truncate.ts";

export interface HeadlineOptions extends Pick<TruncateOptions, "encode"> {
  /** Between the title and the job's name. */
  readonly separator: string;
  /** The most UTF-16 code units that it may have, encoded. */
  readonly limit: number;
}

/**
 * @returns title, job and reminder in one line. When it is too long, the job's
 *   name is cut and what follows it stays.
 */
export function headline(
  { title, jobName, reminder }: Pick<
    Description,
    "title" | "jobName" | "reminder"
  >,
  { separator, limit, encode }: HeadlineOptions,
): string {
  if (jobName === null) return truncate(title, limit, { encode });
  const before = truncate(`${title}${separator}`, limit, { encode });
  const after = reminder === null
    ? ""
    : truncate(` (${reminder})`, limit, { encode });
  const room = limit - before.length - after.length;
  return `${before}${truncate(jobName, room, { encode })}${after}`;
}

// Mail clients show the first 60 or so; some servers refuse very long lines.
const SUBJECT_LIMIT = 150;

/** @returns such as `ALERT: Job Failed - sync (still failing, day 2)`. */
export function subject(description: Description): string {
  const word = `${description.word}: `;
  return word + headline(description, {
    separator: " - ",
    limit: SUBJECT_LIMIT - word.length,
  });
}
