/** A source of repeatable choices: the same seed gives the same sequence. */
export interface Random {
  /** A whole number from `low` to `high`, both included. */
  integer(low: number, high: number): number;
  /** True once in `n` times on average. */
  oneIn(n: number): boolean;
  /** One of the values; throws a RangeError when there is none. */
  pick<T>(values: readonly T[]): T;
}

/**
 * Makes a seeded source of choices.
 *
 * Two 32-bit draws of mulberry32 make one number of 53 bits: instants in
 * microseconds do not fit into 32.
 *
 * @param seed any whole number; its lowest 32 bits count
 */
export function seededRandom(seed: number): Random {
  let state = seed >>> 0;

  function draw32(): number {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return (mixed ^ (mixed >>> 14)) >>> 0;
  }

  function fraction(): number {
    const high = draw32() >>> 5;
    const low = draw32() >>> 6;
    return (high * 2 ** 26 + low) / 2 ** 53;
  }

  function integer(low: number, high: number): number {
    return low + Math.floor(fraction() * (high - low + 1));
  }

  return {
    integer,
    oneIn: (n) => integer(1, n) === 1,
    pick: (values) => {
      const picked = values[integer(0, values.length - 1)];
      if (picked === undefined) throw new RangeError("nothing to pick from");
      return picked;
    },
  };
}
