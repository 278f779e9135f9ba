import type { MrkdwnElement, PlainTextElement } from "@slack/types";
import { truncate } from "../../../truncate.ts";

// Exactly these three: Slack shows every other entity as it is written.
const ENTITIES: Readonly<Record<string, string>> = {
  "&": "&amp;",
  "<": "&lt;",
  ">": "&gt;",
};

/**
 * @returns a character as Slack wants it. An unescaped `<!channel>` would
 *   notify everyone.
 */
export function escapeCharacter(character: string): string {
  return ENTITIES[character] ?? character;
}

/** @returns the text escaped, and cut to so many UTF-16 code units. */
export function escaped(text: string, limit: number): string {
  return truncate(text, limit, { encode: escapeCharacter });
}

/** @returns a text object of finished mrkdwn. */
export function mrkdwn(text: string): MrkdwnElement {
  // Verbatim: otherwise Slack looks for names of people and channels in it.
  return { type: "mrkdwn", text, verbatim: true };
}

/** @returns a text object of escaped text without formatting. */
export function plainText(text: string): PlainTextElement {
  return { type: "plain_text", text, emoji: false };
}

const FENCE = "```";

/**
 * @param limit the most UTF-16 code units that the block may have.
 * @returns the text as a block of code, which nothing in it can end.
 */
export function codeBlock(text: string, limit: number): string {
  const notice = `\n… (cut from ${text.length} characters)`;
  const content = truncate(
    text.replaceAll(FENCE, "``\u200b`"),
    limit - 2 * FENCE.length - 2,
    { encode: escapeCharacter, notice },
  );
  return `${FENCE}\n${content}\n${FENCE}`;
}

/** @returns a link, which needs no app that answers a click, as a button does. */
export function link(url: string, label: string): string {
  const target = url.replaceAll("|", "%7C").replace(/[&<>]/g, escapeCharacter);
  return `<${target}|${escaped(label, 100).replaceAll("|", "/")}>`;
}
