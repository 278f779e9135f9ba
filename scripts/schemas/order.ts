import { join, relative } from "node:path";

/** Where the sources of the database lie, from the root of the repository. */
export const SCHEMAS = "supabase/schemas";

/** The one place that says in which order the objects are created. */
export const ORDER_FILE = "order.txt";

/** One section of a migration: a heading, what it is for, its files. */
export interface Section {
  readonly heading: string;
  /** Lines of plain text. */
  readonly purpose: readonly string[];
  /** Paths below `supabase/schemas`, in the order of creation. */
  readonly files: readonly string[];
}

/** An order that cannot be used; the message says which line or file. */
export class OrderError extends Error {}

/**
 * Reads the order of the objects.
 *
 * @param text of `order.txt`: `## heading`, `> purpose`, and one path a line.
 *   Lines that begin with a single `#` are comments.
 * @throws OrderError naming a line that is none of these.
 */
export function parseOrder(text: string): Section[] {
  const sections: { heading: string; purpose: string[]; files: string[] }[] =
    [];
  for (const [index, line] of text.split("\n").entries()) {
    const current = sections.at(-1);
    if (line.startsWith("## ")) {
      sections.push({ heading: line.slice(3), purpose: [], files: [] });
    } else if (line.startsWith("> ") && current) {
      current.purpose.push(line.slice(2));
    } else if (line.endsWith(".sql") && current) {
      current.files.push(line);
    } else if (line.trim() !== "" && !line.startsWith("# ")) {
      throw new OrderError(`${ORDER_FILE}, line ${index + 1}: ${line}`);
    }
  }
  return sections;
}

/**
 * Reads the order of a checkout and checks it against the files that are there.
 *
 * @throws OrderError when a file is missing, listed twice, or not listed.
 */
export async function readOrder(repoDir: string): Promise<Section[]> {
  const root = join(repoDir, SCHEMAS);
  const sections = parseOrder(
    await Deno.readTextFile(join(root, ORDER_FILE)),
  );
  const listed = sections.flatMap(({ files }) => files);
  const twice = listed.filter((file, index) => listed.indexOf(file) !== index);
  const present = new Set(await sqlFiles(root));
  const missing = listed.filter((file) => !present.has(file));
  const unlisted = [...present].filter((file) => !listed.includes(file));
  const problems = [
    ...twice.map((file) => `${file} is listed twice`),
    ...missing.map((file) => `${file} is listed, and there is no such file`),
    ...unlisted.map((file) => `${file} is not listed`),
  ];
  if (problems.length > 0) {
    throw new OrderError(`${SCHEMAS}/${ORDER_FILE}: ${problems.join("; ")}.`);
  }
  return sections;
}

async function sqlFiles(root: string, folder = root): Promise<string[]> {
  const found: string[] = [];
  for await (const entry of Deno.readDir(folder)) {
    const path = join(folder, entry.name);
    if (entry.isDirectory) found.push(...await sqlFiles(root, path));
    else if (entry.name.endsWith(".sql")) found.push(relative(root, path));
  }
  return found.sort();
}
