import { z } from "zod";

/** The address of a page that people open from a message. */
export const webAddress = z.url({
  protocol: /^https?$/,
  error: "must be an http(s) address",
})
  // Slack accepts no longer one.
  .max(1000, "must have at most 1000 characters")
  .transform((address) => new URL(address).href);
