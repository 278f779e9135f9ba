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
