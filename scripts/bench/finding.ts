import { formatTable } from "../stack/table.ts";

/** What a finding is measured in; `×` is a ratio. */
export type Unit = "×" | "ms" | "s" | "rows/s";

/** What a number is held against; without it, it is only reported. */
export type Target = { readonly atMost: number } | { readonly atLeast: number };

/** One measured number. */
export interface Finding {
  readonly name: string;
  readonly value: number;
  readonly unit: Unit;
  readonly wanted?: Target;
  /** The absolute numbers behind a ratio, or other circumstances. */
  readonly detail?: string;
}

/** A number of milliseconds. */
export function inMs(
  name: string,
  value: number,
  rest: Pick<Finding, "wanted" | "detail"> = {},
): Finding {
  return { name, value, unit: "ms", ...rest };
}

/** The same number, only reported. */
export function withoutTarget({ wanted: _, ...finding }: Finding): Finding {
  return finding;
}

/** Whether a number is what was wanted; `null` where nothing was. */
export function isReached({ value, wanted }: Finding): boolean | null {
  if (wanted === undefined) return null;
  return "atMost" in wanted ? value <= wanted.atMost : value >= wanted.atLeast;
}

/** A number with as many digits as are worth reading. */
export function formatNumber(value: number): string {
  const digits = Math.abs(value) < 10 ? 2 : Math.abs(value) < 100 ? 1 : 0;
  return value.toLocaleString("en-US", {
    minimumFractionDigits: digits,
    maximumFractionDigits: digits,
  });
}

/** Lays findings out as a table for the terminal. */
export function formatFindings(findings: readonly Finding[]): string {
  return formatTable<Finding>([
    { title: "name", value: ({ name }) => name },
    {
      title: "measured",
      align: "right",
      value: ({ value, unit }) => `${formatNumber(value)} ${unit}`,
    },
    { title: "wanted", value: formatTarget },
    { title: "verdict", value: formatVerdict },
    { title: "beside it", value: ({ detail }) => detail ?? "" },
  ], findings);
}

function formatTarget({ wanted, unit }: Finding): string {
  if (wanted === undefined) return "";
  return "atMost" in wanted
    ? `at most ${wanted.atMost} ${unit}`
    : `at least ${wanted.atLeast} ${unit}`;
}

function formatVerdict(finding: Finding): string {
  const reached = isReached(finding);
  if (reached === null) return "";
  return reached ? "reached" : "not reached";
}
