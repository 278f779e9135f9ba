/**
 * Names and values, one pair a line, without those that have no value. A value
 * of several lines stays in its column.
 */
export function formatFacts(
  facts: readonly (readonly [string, string | null])[],
): string {
  const width = Math.max(...facts.map(([name]) => name.length));
  const lineBreak = `\n${" ".repeat(width)}  `;
  return facts
    .filter(([, value]) => value !== null)
    .map(([name, value]) =>
      `${name.padEnd(width)}  ${value?.replaceAll("\n", lineBreak)}`
    )
    .join("\n");
}
