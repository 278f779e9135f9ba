import { type Fault, fault } from "./fault.ts";

/** What is wrong with one function, or with several in the same way. */
export interface Trouble {
  readonly code: string;
  readonly slug: string;
  /** What it does, behind its name: of one function, and of several. */
  readonly does: readonly [string, string];
  readonly todo: string;
  readonly deploy?: boolean;
  readonly command?: string;
}

/** The same trouble of several functions is one fault. */
export function together(troubles: readonly (Trouble | null)[]): Fault[] {
  const kinds = new Map<string, Trouble[]>();
  for (const trouble of troubles) {
    if (trouble === null) continue;
    const kind = `${trouble.code} ${trouble.does[0]}`;
    kinds.set(kind, [...kinds.get(kind) ?? [], trouble]);
  }
  return [...kinds.values()].map((same) => {
    const [{ code, does, todo, deploy, command = "" }] = same;
    const slugs = same.map(({ slug }) => slug);
    return fault(
      code,
      `${subject(slugs)} ${does[slugs.length === 1 ? 0 : 1]}`,
      todo,
      {
        command: deploy
          ? `npx supabase functions deploy ${slugs.join(" ")}`
          : command,
      },
    );
  });
}

/** @returns functions as the subject of a sentence. */
export function subject(slugs: readonly string[]): string {
  return slugs.length === 1
    ? `The function ${slugs[0]}`
    : `The functions ${slugs.slice(0, -1).join(", ")} and ${slugs.at(-1)}`;
}
