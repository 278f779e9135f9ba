import { assemble, pack, type PageParts } from "./page_build.ts";

/** The page is smaller than this, in bytes. */
export const LIMIT = 500_000;

/**
 * The parts of the page in bytes, as they were when somebody last looked at
 * them. They are no limit: what has grown is measured against them.
 */
export const KNOWN = { script: 317_000, style: 17_000, runbooks: 40_800 };

export type Sizes = Readonly<Record<keyof typeof KNOWN, number>>;

/** @returns the size of each part in the page, in bytes. */
export function sizesOf({ script, style, runbooks }: PageParts): Sizes {
  return {
    script: bytes(script),
    style: bytes(style),
    runbooks: bytes(pack(runbooks)),
  };
}

/** @returns the size of the larger of the two pages, in bytes. */
export function pageSize(parts: PageParts): number {
  const config = {
    mode: "sign-in",
    project: "https://abcdefghijklmnopqrst.supabase.co",
    publishableKey: `sb_publishable_${"a".repeat(40)}`,
    local: false,
  } as const;
  return bytes(assemble(parts, config).html);
}

/**
 * @returns a sentence that says how large the page is and what has grown; null
 *   while it is smaller than the limit.
 */
export function tooLarge(total: number, sizes: Sizes): string | null {
  if (total < LIMIT) return null;
  const grown = (Object.keys(KNOWN) as (keyof Sizes)[])
    .map((part) => ({ part, by: sizes[part] - KNOWN[part] }))
    .filter(({ by }) => by > 0)
    .toSorted((a, b) => b.by - a.by)
    .map(({ part, by }) =>
      `its ${part} by ${kilobytes(by)} to ${kilobytes(sizes[part])}`
    );
  return `The page has ${kilobytes(total)}, and has to be smaller than ${
    kilobytes(LIMIT)
  }. What has grown: ${grown.join(", ") || "no part of it"}.`;
}

function kilobytes(size: number): string {
  return `${(size / 1000).toFixed(1)} kB`;
}

function bytes(text: string): number {
  return new TextEncoder().encode(text).length;
}
