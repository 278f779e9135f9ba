const FIRST_MS = 100;
// The listener has to listen again within 5 seconds of the database being back.
// Two seconds of waiting leave three for an attempt over a slow line, and one
// attempt every one or two seconds is nothing to a server that is coming up.
const LONGEST_MS = 2_000;

// Hosted databases ban an address that keeps offering a wrong password, and
// prolong the ban when it goes on.
const AFTER_REFUSAL_MS = 60_000;

/**
 * How long to wait before connecting again: growing, and at random, so that the
 * listeners of one database do not come back in step.
 *
 * @param failures attempts that have failed since the listener last listened.
 * @param random gives a number from 0 up to 1.
 * @returns milliseconds: half to all of 100, 200, 400 … at most 2000.
 */
export function reconnectDelayMs(
  failures: number,
  random: () => number = Math.random,
): number {
  return jittered(Math.min(FIRST_MS * 2 ** failures, LONGEST_MS), random);
}

/**
 * How long to wait after the database has refused our user, password or
 * database name, which only a person can mend.
 *
 * @returns milliseconds, 30 to 60 seconds.
 */
export function refusedDelayMs(random: () => number = Math.random): number {
  return jittered(AFTER_REFUSAL_MS, random);
}

function jittered(longestMs: number, random: () => number): number {
  return Math.round(longestMs * (1 + random()) / 2);
}
