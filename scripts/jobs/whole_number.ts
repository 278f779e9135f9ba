import { InvalidArgumentError } from "commander";

/** @returns a parser of options that are whole numbers within limits. */
export function wholeNumber(least: number, most: number) {
  return (text: string): number => {
    const value = /^\d{1,9}$/.test(text) ? Number(text) : NaN;
    if (value >= least && value <= most) return value;
    throw new InvalidArgumentError(
      `It must be a whole number from ${least} to ${most}.`,
    );
  };
}
