import { z } from "zod";

/**
 * A text in JSON, as the value that it holds.
 *
 * @param expectation what any other text is refused with.
 */
export const jsonText = (expectation: string) =>
  z.string().transform((text, context) => {
    try {
      return JSON.parse(text) as unknown;
    } catch {
      context.addIssue(expectation);
      return z.NEVER;
    }
  });
