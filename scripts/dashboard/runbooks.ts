import { Marked, type Tokens } from "marked";
import { basename, join } from "node:path";
import type { RunbookPage, Runbooks } from "./runbook.ts";

/** Renders the pages of a folder for the dashboard. */
export async function readRunbooks(folder: string): Promise<Runbooks> {
  const files = (await Array.fromAsync(Deno.readDir(folder)))
    .map(({ name }) => name)
    .filter((name) => name.endsWith(".md"))
    .sort();
  const pages = files.map(async (file) => {
    const text = await Deno.readTextFile(join(folder, file));
    return [basename(file, ".md"), runbookPage(text)] as const;
  });
  return Object.fromEntries(await Promise.all(pages));
}

/** Renders one page. */
export function runbookPage(markdown: string): RunbookPage {
  const marked = new Marked({ renderer: renderer(), gfm: true });
  const tokens = marked.lexer(markdown);
  const sections: { id: string; title: string; commands: string[] }[] = [];
  for (const token of tokens) {
    if (token.type === "heading") {
      sections.push({
        id: slug(token.text),
        title: plain(token.text),
        commands: [],
      });
    }
    marked.walkTokens([token], (inner) => {
      if (inner.type === "code") sections.at(-1)?.commands.push(inner.text);
    });
  }
  const [, affected = "", todo = ""] =
    /\*\*Affected:\*\*\s*(.+?)\s*\*\*Do:\*\*\s*(.+?)\n\n/s.exec(markdown) ?? [];
  return {
    title: sections[0]?.title ?? "",
    affected: plain(affected),
    todo: plain(todo),
    html: marked.parser(tokens),
    sections: sections.slice(1),
  };
}

function renderer() {
  return {
    heading(
      this: { parser: { parseInline(tokens: Tokens.Generic[]): string } },
      { tokens, depth, text }: Tokens.Heading,
    ) {
      const inner = this.parser.parseInline(tokens);
      return `<h${depth} id="${slug(text)}">${inner}</h${depth}>\n`;
    },
    link(
      this: { parser: { parseInline(tokens: Tokens.Generic[]): string } },
      { href, tokens }: Tokens.Link,
    ) {
      const inner = this.parser.parseInline(tokens);
      const address = addressOf(href);
      return address === null
        // A file of the repository, which the page does not have.
        ? `<span title="${href.replace(/^(\.\.\/)+/, "")}">${inner}</span>`
        : `<a href="${address}">${inner}</a>`;
    },
  };
}

function addressOf(href: string): string | null {
  if (/^https:\/\//.test(href)) return href.replaceAll('"', "%22");
  const [, page, section] = /^(?:([\w-]+)\.md)?(?:#([\w-]+))?$/.exec(href) ??
    [];
  if (page === undefined) return null;
  return `#/runbooks/${page}${section ? `?section=${section}` : ""}`;
}

/** As GitHub makes the ids of headings. */
function slug(heading: string): string {
  return plain(heading)
    .toLowerCase()
    .replace(/[^\p{L}\p{N}\s_-]/gu, "")
    .replace(/\s/g, "-");
}

function plain(markdown: string): string {
  return markdown
    .replace(/\[([^\]]*)\]\([^)]*\)/g, "$1")
    .replace(/[`*]/g, "")
    .replace(/\s+/g, " ")
    .trim();
}
