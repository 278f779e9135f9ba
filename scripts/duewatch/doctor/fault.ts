/** Something that is wrong with an installation. */
export interface Fault {
  /** By which scripts know it. */
  readonly code: string;
  /** `failure`: something does not work. `warning`: it works, for now. */
  readonly severity: "failure" | "warning";
  /** What is wrong, a sentence without any key. */
  readonly what: string;
  /** What to do, a sentence. */
  readonly todo: string;
  /** A command or SQL that does it; empty where a person has to decide. */
  readonly command: string;
  /** How `--fix` repairs it; null where that is a person's decision. */
  readonly repair: Repair | null;
}

/** What `--fix` does. */
export type Repair =
  | { readonly kind: "sql"; readonly statement: string }
  /** Undoes what somebody may have wanted: with `--restore` only. */
  | { readonly kind: "restore"; readonly statement: string }
  /** Gives the Vault of the local stack its settings again. */
  | { readonly kind: "local settings" };

/** Makes a fault; what is left out is empty. */
export function fault(
  code: string,
  what: string,
  todo: string,
  rest: Partial<Pick<Fault, "severity" | "command" | "repair">> = {},
): Fault {
  return {
    code,
    severity: "failure",
    what,
    todo,
    command: "",
    repair: null,
    ...rest,
  };
}

/**
 * Puts failures before warnings. Within each the order stays: what was found
 * first is the cause of what was found later.
 */
export function inOrder(faults: readonly Fault[]): Fault[] {
  return [
    ...faults.filter(({ severity }) => severity === "failure"),
    ...faults.filter(({ severity }) => severity === "warning"),
  ];
}

// Of one kind; the rest is in what --json prints.
const SHOWN = 4;

/** @returns faults as people read them. */
export function faultsText(faults: readonly Fault[]): string {
  const seen = new Map<string, number>();
  const parts: string[] = [];
  for (const { code, severity, what, todo, command } of faults) {
    const number = (seen.get(code) ?? 0) + 1;
    seen.set(code, number);
    if (number > SHOWN) continue;
    const left = faults.filter((other) => other.code === code).length - SHOWN;
    parts.push([
      `${severity === "failure" ? "✗" : "!"} ${what}`,
      ...[todo, command].filter((text) => text !== "")
        .flatMap((text) => text.split("\n"))
        .map((line) => `    ${line}`),
      ...number === SHOWN && left > 0
        ? [`    … and ${left} more of this kind.`]
        : [],
    ].join("\n"));
  }
  // No warning follows from a failure.
  if (faults[1]?.severity === "failure") {
    parts.splice(
      1,
      0,
      "\nRepair this first. What follows may be a consequence of it.\n",
    );
  }
  return parts.join("\n");
}
