import { z } from "zod";
import { parseJson } from "../json/parse_json.ts";

// The limits of Slack's Block Kit reference. Lengths count what is sent, with
// `&`, `<` and `>` escaped, in UTF-16 units: no count of Slack's is stricter.
const plainText = (maximum: number) =>
  z.strictObject({
    type: z.literal("plain_text"),
    text: z.string().min(1).max(maximum),
    emoji: z.boolean().optional(),
  });
const markdown = (maximum: number) =>
  z.strictObject({
    type: z.literal("mrkdwn"),
    text: z.string().min(1).max(maximum),
    verbatim: z.boolean().optional(),
  });
const anyText = (maximum: number) =>
  z.discriminatedUnion("type", [plainText(maximum), markdown(maximum)]);

const block_id = z.string().min(1).max(255).optional();

const button = z.strictObject({
  type: z.literal("button"),
  text: plainText(75),
  url: z.url().max(3000).optional(),
  action_id: z.string().min(1).max(255).optional(),
  value: z.string().max(2000).optional(),
  style: z.enum(["primary", "danger"]).optional(),
  accessibility_label: z.string().max(75).optional(),
});

const block = z.discriminatedUnion("type", [
  z.strictObject({
    type: z.literal("header"),
    text: plainText(150),
    block_id,
  }),
  z.strictObject({
    type: z.literal("section"),
    text: anyText(3000).optional(),
    fields: z.array(anyText(2000)).min(1).max(10).optional(),
    accessory: button.optional(),
    expand: z.boolean().optional(),
    block_id,
  }).refine(({ text, fields }) => text !== undefined || fields !== undefined),
  z.strictObject({
    type: z.literal("context"),
    elements: z.array(anyText(3000)).min(1).max(10),
    block_id,
  }),
  z.strictObject({
    type: z.literal("actions"),
    elements: z.array(button).min(1).max(25),
    block_id,
  }),
  z.strictObject({ type: z.literal("divider"), block_id }),
]);

const blocks = z.array(block).max(50).refine(areDistinct);

/** A message as Slack takes it. */
export interface SlackMessage {
  readonly text: string;
  readonly blocks: readonly z.infer<typeof block>[];
}

/** A message, or the name of Slack's error for it. */
export type SlackReading =
  | { readonly message: SlackMessage }
  | { readonly error: "invalid_payload" | "no_text" | "invalid_blocks" };

/**
 * Reads the body of a call as Slack does.
 *
 * In one thing it is stricter: it takes no message without a text of its own,
 * which is all that a notification shows.
 */
export function readSlackMessage(body: string): SlackReading {
  const payload = z.record(z.string(), z.unknown())
    .safeParse(parseJson(body));
  if (!payload.success) return { error: "invalid_payload" };
  const text = z.string().min(1).safeParse(payload.data.text);
  if (!text.success) return { error: "no_text" };
  const parsed = blocks.safeParse(payload.data.blocks ?? []);
  if (!parsed.success) return { error: "invalid_blocks" };
  return { message: { text: text.data, blocks: parsed.data } };
}

/** Every text that a person reads in a message, one a line. */
export function readableText(message: SlackMessage): string {
  return unescaped([message.text, ...textsIn(message.blocks)].join("\n"));
}

function textsIn(part: unknown): string[] {
  if (typeof part !== "object" || part === null) return [];
  return Object.entries(part).flatMap(([name, value]) =>
    name === "text" && typeof value === "string" ? [value] : textsIn(value)
  );
}

function unescaped(text: string): string {
  return text
    .replaceAll("&lt;", "<")
    .replaceAll("&gt;", ">")
    .replaceAll("&amp;", "&");
}

function areDistinct(blocks: readonly { block_id?: string }[]): boolean {
  const ids = blocks.flatMap(({ block_id }) => block_id ?? []);
  return new Set(ids).size === ids.length;
}
