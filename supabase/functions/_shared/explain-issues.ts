import type { z } from "zod";

/**
 * Says in one line what a schema found wrong.
 *
 * @returns every issue as `path: reason`, separated by semicolons. Reasons name
 *   what was expected; they do not repeat a rejected string.
 */
export function explainIssues(error: z.ZodError): string {
  return error.issues
    .map(({ path, message }) =>
      path.length > 0 ? `${path.join(".")}: ${message}` : message
    )
    .join("; ");
}
