import { isDeepStrictEqual } from "node:util";

const TRIES = 20;

/**
 * Does the work while an answer stays the same, so that what is read in between
 * can be compared with it. Texts such as `3 minutes ago` change with time, and
 * only forwards: what was read before and after is what was there in between.
 *
 * @param read the answer, without its own instant.
 * @param work is repeated when the answer has changed meanwhile.
 * @returns the answer, and what the work returned.
 * @throws Error when the answer changes each time.
 */
export async function whileUnchanged<Answer, Result>(
  read: () => Promise<Answer>,
  work: () => Promise<Result>,
): Promise<readonly [Answer, Result]> {
  let before = await read();
  for (let tries = 0; tries < TRIES; tries++) {
    const result = await work();
    const after = await read();
    if (isDeepStrictEqual(before, after)) return [before, result];
    before = after;
  }
  throw new Error(`The answer changed during each of ${TRIES} tries.`);
}
