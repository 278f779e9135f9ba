import { equal } from "node:assert/strict";
import { checkoutFiles, readCheckoutFile } from "./checkout_files.ts";

// docs/glossary.md says what to write instead.
const BANNED = [
  /\b(is|are|was|were|be|been|being) told\b/i,
  /\btold (once|twice|again|from|so|otherwise)\b/i,
  /\bunless told\b/i,
  /\b(made|makes?|making) up for\b/i,
  /\bmakes_up\b|\bmade_up\b/i,
  /\bwhoever\b/i,
  /\bwhosoever\b/i,
  /\bof whom\b/i,
  /\bwho asks\b/i,
  /\bby nobody\b/i,
  /\bnobody (is|was) to\b/i,
  /\b(some|any)body has to\b/i,
  /\bmend(s|ed|ing)?\b/i,
  /\btake back:/i,
  /\bhears? of\b|\bheard of\b/i,
  /\bpieces? of news\b/i,
  /\b(is|are|was|were) (no )?news\b/i,
  /\bat the latest moment\b/i,
  /\bsigns? of life\b/i,
  /\bwhere nothing is said\b|\bunless it says otherwise\b/i,
  /\bbrings? it about\b/i,
  /\bis rid of\b/i,
  /\bin the meantime can\b/i,
];

const LEFT_OUT = [
  // Generated from files that are checked.
  "docs/reference/api/",
  "supabase/migrations/",
  // They list the phrases.
  "docs/glossary.md",
  "scripts/check/words.test.ts",
];

const EXTENSIONS = [
  ".md",
  ".ts",
  ".sql",
  ".psql",
  ".txt",
  ".yml",
  ".yaml",
  ".toml",
  ".json",
];

Deno.test("no page, comment or message uses a phrase that the glossary bans", async () => {
  const phrases = new RegExp(
    BANNED.map(({ source }) => source).join("|"),
    "gi",
  );
  const found: string[] = [];
  for (const path of await checkoutFiles(EXTENSIONS)) {
    if (LEFT_OUT.some((folder) => path.startsWith(folder))) continue;
    const text = inOneLine(await readCheckoutFile(path));
    for (const { 0: phrase, index } of text.matchAll(phrases)) {
      const context = text.slice(index - 40, index + phrase.length + 40);
      found.push(`${path}: ${context}`);
    }
  }
  equal(found.join("\n"), "");
});

/** Joins lines, without the marks of comments, quotes and strings. */
function inOneLine(text: string): string {
  return text.replace(/"?[ ]?\+?\n\s*(--|\/\/|[*#>"']+)?\s*/g, " ");
}
