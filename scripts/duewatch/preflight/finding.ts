/** Something that was found before anything is written. */
export interface Finding {
  /**
   * `stop`: nothing is written, because something would fail later. `do`: it
   * works, and somebody should do something. `note`: good to know.
   */
  readonly level: "stop" | "do" | "note";
  /** What was found, a sentence. */
  readonly what: string;
  /** What to do, a sentence or SQL; empty where nothing is to be done. */
  readonly todo: string;
}

const MARKS = { stop: "✗", do: "!", note: "·" } as const;
const ORDER = ["stop", "do", "note"] as const;

/** @returns findings as people read them, what stops first. */
export function findingsText(findings: readonly Finding[]): string {
  return ORDER.flatMap((level) =>
    findings.filter((finding) => finding.level === level)
  ).map(({ level, what, todo }) =>
    [
      `${MARKS[level]} ${what}`,
      ...todo === "" ? [] : todo.split("\n").map((line) => `    ${line}`),
    ].join("\n")
  ).join("\n");
}

/** Whether nothing may be written. */
export function isStopped(findings: readonly Finding[]): boolean {
  return findings.some(({ level }) => level === "stop");
}
