import { z } from "zod";

const LOOPBACK = /^(?:localhost|127(?:\.\d{1,3}){3}|\[::1\])$/;

/**
 * The address of a service that gets a credential from us: encrypted, unless
 * it is on this machine.
 */
export const serviceAddress = z.string().refine((text) => {
  const url = URL.parse(text);
  return url?.protocol === "https:" ||
    (url?.protocol === "http:" && LOOPBACK.test(url.hostname));
}, "must be an https address");

/** The address of a page that people open from a message. */
export const webAddress = z.url({
  protocol: /^https?$/,
  error: "must be an http(s) address",
})
  // Slack accepts no longer one.
  .max(1000, "must have at most 1000 characters")
  .transform((address) => new URL(address).href);
