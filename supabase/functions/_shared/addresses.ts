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
}, "must be an https address").refine((text) => {
  // fetch refuses such an address, each time.
  const url = URL.parse(text);
  return url === null || (url.username === "" && url.password === "");
}, "must hold no user name and no password");

// Not in the public domain name system (RFC 6762, 6761 and what ICANN reserves).
const PRIVATE_NAME = /\.(?:internal|local|localhost)\.?$/;
const PUBLIC_NAME = /^(?:[a-z0-9_-]+\.)+[a-z][a-z0-9-]*\.?$/;

/**
 * The address of a monitor that gets pings: https to a public name, or http to
 * this machine.
 */
export const pingAddress = z.string().refine((text) => {
  const url = URL.parse(text);
  if (url === null || url.username + url.password + url.hash !== "") {
    return false;
  }
  const { protocol, hostname } = url;
  return LOOPBACK.test(hostname)
    ? protocol === "https:" || protocol === "http:"
    : protocol === "https:" && PUBLIC_NAME.test(hostname) &&
      !PRIVATE_NAME.test(hostname);
}, "must be an https address of a public host");

/** The address of a page that people open from a message. */
export const webAddress = z.url({
  protocol: /^https?$/,
  error: "must be an http(s) address",
})
  // Slack accepts no longer one.
  .max(1000, "must have at most 1000 characters")
  .transform((address) => new URL(address).href);
