import { randomBytes, timingSafeEqual } from "node:crypto";

const MAX_OPEN_LINKS = 20;

/** Who has been let in, and with which links others may be. */
export interface Doorkeeper {
  /** @returns the secret of a new link, which works once. */
  newLink(): string;
  /** @returns the cookie of a new visitor; null for a link that does not work. */
  open(link: string): string | null;
  /** @returns whether the cookie is one that was given out. */
  knows(cookie: string | undefined): boolean;
}

/** Creates the doorkeeper of one process. Nothing outlives it. */
export function createDoorkeeper(
  random: () => string = () => randomBytes(32).toString("base64url"),
): Doorkeeper {
  const links: string[] = [];
  const cookies: string[] = [];
  return {
    newLink() {
      const link = random();
      links.push(link);
      // What nobody has opened for so long is no longer wanted.
      if (links.length > MAX_OPEN_LINKS) links.shift();
      return link;
    },
    open(link) {
      const index = links.findIndex((open) => isSame(open, link));
      if (index === -1) return null;
      links.splice(index, 1);
      const cookie = random();
      cookies.push(cookie);
      return cookie;
    },
    knows: (cookie) =>
      cookie !== undefined && cookies.some((known) => isSame(known, cookie)),
  };
}

function isSame(one: string, other: string): boolean {
  const a = new TextEncoder().encode(one);
  const b = new TextEncoder().encode(other);
  return a.length === b.length && timingSafeEqual(a, b);
}
