/**
 * Breaks a line between its words.
 *
 * @param width the most characters of a line; a longer word stays whole, so
 *   that an address can be copied.
 * @param indent of every line but the first, within the width.
 */
export function wrap(text: string, width: number, indent = ""): string {
  const lines: string[] = [];
  let line = "";
  for (const word of text.split(" ")) {
    const longer = line === "" ? word : `${line} ${word}`;
    if (line.trim() !== "" && [...longer].length > width) {
      lines.push(line);
      line = indent + word;
    } else {
      line = longer;
    }
  }
  return [...lines, line].join("\n");
}
