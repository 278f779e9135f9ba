/** @returns a number with its word: "1 function", "2 functions". */
export function count(number: number, word: string): string {
  return `${number} ${word}${number === 1 ? "" : "s"}`;
}
