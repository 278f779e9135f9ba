import { join } from "node:path";
import { readText } from "./pages.ts";
import { config } from "./stack.ts";

const FOLDER = "supabase/snippets";

/** A saved query: a file of `supabase/snippets`. */
export interface Snippet {
  /** The name of its file. */
  readonly name: string;
  readonly sql: string;
  /** The question that it answers: its first line. */
  readonly question: string;
  /** The texts under `Answer`, `Columns` and `To do` in its head. */
  readonly head: Readonly<Record<string, string>>;
  /** The columns that its head lists. */
  readonly columns: readonly string[];
}

/** Reads a saved query. @param name of its file. */
export async function readSnippet(name: string): Promise<Snippet> {
  const sql = await readText(join(FOLDER, name));
  const [question, ...head] = sql
    .slice(0, sql.search(/^(?!--)/m))
    .split("\n")
    .map((line) => line.replace(/^-- ?/, ""));

  const entries: [string, string][] = [];
  for (const line of head) {
    const entry = /^(Answer|Columns|To do): +(.+)$/.exec(line);
    const last = entries.at(-1);
    if (entry !== null) entries.push([entry[1], entry[2]]);
    else if (last !== undefined) last[1] += ` ${line.trim()}`;
  }
  const fields = Object.fromEntries(
    entries.map(([label, text]) => [label, text.trim()]),
  );
  return {
    name,
    sql,
    question,
    head: fields,
    columns: (fields.Columns ?? "").split(/,\s*/),
  };
}

/** Reads all of them. */
export async function readSnippets(): Promise<Snippet[]> {
  const names: string[] = [];
  for await (const { name } of Deno.readDir(join(config.repoDir, FOLDER))) {
    if (name.endsWith(".sql")) names.push(name);
  }
  return await Promise.all(names.sort().map(readSnippet));
}
