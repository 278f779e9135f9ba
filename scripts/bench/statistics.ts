/**
 * The value below which a share of the values lies, between neighbours
 * interpolated in a straight line.
 *
 * @param share 0 to 1; 0.5 is the median.
 * @throws RangeError when there are no values.
 */
export function quantile(values: readonly number[], share: number): number {
  if (values.length === 0) throw new RangeError("There are no values.");
  const sorted = values.toSorted((a, b) => a - b);
  const position = (sorted.length - 1) * share;
  const below = Math.floor(position);
  const above = Math.ceil(position);
  return sorted[below] +
    (sorted[above] - sorted[below]) * (position - below);
}

/** The middle value. */
export function median(values: readonly number[]): number {
  return quantile(values, 0.5);
}

/**
 * Divides what two contenders took, round by round, and takes the middle: what
 * slows the machine down for a while slows down both halves of a round.
 */
export function medianRatio(
  numerators: readonly number[],
  denominators: readonly number[],
): number {
  if (numerators.length !== denominators.length) {
    throw new RangeError("A round lacks a contender.");
  }
  return median(numerators.map((value, round) => value / denominators[round]));
}
