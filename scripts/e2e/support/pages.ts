import { dirname, join, relative } from "node:path";
import { config } from "./stack.ts";

/** A fenced block of code in a page. */
export interface CodeBlock {
  /** As written behind the fence: `sql`, `sh`; empty for none. */
  readonly language: string;
  /** Without the indentation of the list that it stands in. */
  readonly code: string;
  /** The heading that it stands under. */
  readonly section: string;
  /** The heading of the second level that it stands under, or the title. */
  readonly chapter: string;
}

/** A page of the documentation. */
export interface Page {
  /** From the root of the checkout. */
  readonly path: string;
  readonly title: string;
  /** Its headings of the second level, in order. */
  readonly sections: readonly string[];
  /** What its headings can be linked to as. */
  readonly anchors: readonly string[];
  readonly blocks: readonly CodeBlock[];
  /** Where its links point, as written. */
  readonly links: readonly string[];
}

/** Reads a page. @param path from the root of the checkout. */
export async function readPage(path: string): Promise<Page> {
  const headings: { readonly level: number; readonly text: string }[] = [];
  const blocks: CodeBlock[] = [];
  const links: string[] = [];
  let fence: { language: string; indent: number; lines: string[] } | null =
    null;

  for (const line of (await readText(path)).split("\n")) {
    const mark = /^( *)```(\w*)$/.exec(line);
    if (fence !== null) {
      if (mark === null) {
        fence.lines.push(line.slice(fence.indent));
        continue;
      }
      blocks.push({
        language: fence.language,
        code: fence.lines.join("\n"),
        section: headings.at(-1)?.text ?? "",
        chapter: headings.findLast(({ level }) => level <= 2)?.text ?? "",
      });
      fence = null;
    } else if (mark !== null) {
      fence = { language: mark[2], indent: mark[1].length, lines: [] };
    } else {
      const heading = /^(#+) (.+)$/.exec(line);
      if (heading !== null) {
        headings.push({ level: heading[1].length, text: heading[2] });
      }
      const withoutCode = line.replace(/`[^`]*`/g, "");
      for (const [, target] of withoutCode.matchAll(/\]\(([^()\s]+)\)/g)) {
        links.push(target);
      }
    }
  }
  if (fence !== null) throw new Error(`${path} has a block without an end.`);

  return {
    path,
    title: headings.find(({ level }) => level === 1)?.text ?? "",
    sections: headings
      .filter(({ level }) => level === 2)
      .map(({ text }) => text),
    anchors: headings.map(({ text }) => anchorOf(text)),
    blocks,
    links,
  };
}

/** Reads every page in a folder, and in those beneath it. */
export async function readPages(folder: string): Promise<Page[]> {
  const paths: string[] = [];
  for await (const { name, isDirectory } of Deno.readDir(absolute(folder))) {
    const path = join(folder, name);
    if (isDirectory) {
      paths.push(...(await readPages(path)).map((page) => page.path));
    } else if (name.endsWith(".md")) {
      paths.push(path);
    }
  }
  return await Promise.all(paths.sort().map(readPage));
}

/**
 * The links of a page that lead nowhere: to a file that is not there, or to a
 * heading that its page does not have. Addresses on the web are not looked at.
 */
export async function brokenLinks(page: Page): Promise<string[]> {
  const broken: string[] = [];
  for (const link of page.links) {
    if (/^[a-z]+:/.test(link)) continue;
    if (!await leadsSomewhere(page, link)) broken.push(link);
  }
  return broken;
}

async function leadsSomewhere(page: Page, link: string): Promise<boolean> {
  const [file, anchor] = link.split("#");
  const target = file === "" ? page.path : join(dirname(page.path), file);
  if (relative(".", target).startsWith("..")) return false;
  try {
    const { isFile } = await Deno.stat(absolute(target));
    if (anchor === undefined) return true;
    return isFile && (await readPage(target)).anchors.includes(anchor);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return false;
    throw error;
  }
}

// As GitHub makes them.
function anchorOf(heading: string): string {
  return heading
    .toLowerCase()
    .replace(/[^\p{L}\p{N}\s_-]/gu, "")
    .replaceAll(" ", "-");
}

/** Reads a file of the checkout. @param path from its root. */
export async function readText(path: string): Promise<string> {
  return await Deno.readTextFile(absolute(path));
}

function absolute(path: string): string {
  return join(config.repoDir, path);
}
