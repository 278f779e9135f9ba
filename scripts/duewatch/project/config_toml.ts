import { parse } from "smol-toml";
import { z } from "zod";

const BEGIN = "# >>> duewatch: written by `duewatch install`";
const END = "# <<< duewatch";

const functionConfig = z.looseObject({
  enabled: z.boolean().default(true),
  verify_jwt: z.boolean().default(true),
  import_map: z.string().optional(),
  entrypoint: z.string().optional(),
});

const config = z.looseObject({
  functions: z.record(z.string(), functionConfig).default({}),
});

/** How config.toml becomes what Duewatch needs. */
export type ConfigEdit =
  | {
    readonly kind: "append";
    /** What is added at the end; empty when nothing is missing. */
    readonly added: string;
    readonly text: string;
  }
  | { readonly kind: "problem"; readonly problems: readonly string[] };

/**
 * Adds the sections of functions that config.toml does not have, at its end.
 * All that is there, comments and order included, stays as it is.
 */
export function addFunctions(
  text: string,
  names: readonly string[],
): ConfigEdit {
  const before = read(text);
  if (typeof before === "string") {
    return { kind: "problem", problems: [before] };
  }
  const problems = names.flatMap((name) =>
    problemsOf(name, before.functions[name])
  );
  if (problems.length > 0) return { kind: "problem", problems };
  const missing = names.filter((name) => !(name in before.functions));
  if (missing.length === 0) return { kind: "append", added: "", text };

  const newline = text.includes("\r\n") ? "\r\n" : "\n";
  const block = [
    BEGIN,
    "# The functions check keys themselves: job keys and keys of the form sb_… are",
    "# no user tokens, and the platform checks only those.",
    ...missing.flatMap((name) => [
      `[functions.${name}]`,
      "enabled = true",
      "verify_jwt = false",
      `import_map = "./functions/${name}/deno.json"`,
      `entrypoint = "./functions/${name}/index.ts"`,
      "",
    ]),
  ].slice(0, -1).concat(END, "").join(newline);
  const gap = text === ""
    ? ""
    : text.endsWith("\n")
    ? newline
    : newline.repeat(2);
  const added = `${gap}${block}`;
  const after = read(text + added);
  if (typeof after === "string") {
    return {
      kind: "problem",
      problems: [
        "supabase/config.toml cannot be added to, probably because it has " +
        "`functions = { … }` on one line. Write it as sections, " +
        `[functions.${missing[0]}] and so on, and try again.`,
      ],
    };
  }
  return { kind: "append", added, text: text + added };
}

/**
 * Takes out what `addFunctions` added.
 *
 * @param added what it added; where that is not found, its marks are looked for.
 * @returns the text, and whether anything of ours was found.
 */
export function removeAdded(
  text: string,
  added: string,
): { readonly text: string; readonly found: boolean } {
  if (added !== "" && text.includes(added)) {
    return { text: text.replace(added, () => ""), found: true };
  }
  const start = text.indexOf(BEGIN);
  const end = text.indexOf(END, start);
  if (start < 0 || end < 0) return { text, found: false };
  const rest = text.slice(end + END.length).replace(/^\r?\n/, "");
  const newline = text.includes("\r\n") ? "\r\n" : "\n";
  return {
    text: text.slice(0, start).trimEnd() + newline + rest,
    found: true,
  };
}

function read(text: string): z.infer<typeof config> | string {
  try {
    return config.parse(parse(text));
  } catch (error) {
    const reason = (error as Error).message.split("\n")[0];
    return `supabase/config.toml cannot be read: ${reason}`;
  }
}

function problemsOf(
  name: string,
  section: z.infer<typeof functionConfig> | undefined,
): string[] {
  if (section === undefined) return [];
  const place = `supabase/config.toml, [functions.${name}]`;
  const problems: string[] = [];
  if (section.verify_jwt) {
    problems.push(
      `${place}: set verify_jwt = false. The function checks its keys itself, ` +
        "and the platform would refuse them.",
    );
  }
  if (!section.enabled) problems.push(`${place}: set enabled = true.`);
  const own = new RegExp(`(^|/)functions/${name}/`);
  for (const key of ["import_map", "entrypoint"] as const) {
    const path = section[key];
    if (path !== undefined && !own.test(path)) {
      problems.push(`${place}: ${key} names ${path}, which is not ours.`);
    }
  }
  return problems;
}
