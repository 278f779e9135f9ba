import { html, raw } from "hono/html";
import type { KnownBlock } from "@slack/types";
import type { SlackMessage } from "../../supabase/functions/_shared/alerts/channels/slack/message.ts";

type Html = ReturnType<typeof html>;

/** Shows a message roughly as Slack does, for a picture. */
export function slackPage({ blocks }: SlackMessage): { readonly html: string } {
  return {
    html: String(html`
      <!DOCTYPE html>
      <html lang="en">
        <head>
          <meta charset="utf-8">
          <style>
          ${STYLE}
          </style>
        </head>
        <body>
          <div class="message">
            <div class="icon">D</div>
            <div class="content">
              <div><b>Duewatch</b> <span class="app">APP</span></div>
              ${blocks.map(blockOf)}
            </div>
          </div>
        </body>
      </html>
    `).trim(),
  };
}

function blockOf(block: KnownBlock): Html {
  switch (block.type) {
    case "header":
      return html`
        <h1>${formatted(block.text.text)}</h1>
      `;
    case "section":
      return block.fields === undefined
        ? html`
          <div class="section">${formatted(block.text?.text ?? "")}</div>
        `
        : html`
          <div class="section fields">
            ${block.fields.map(({ text }) =>
              html`<div>${formatted(text)}</div>`
            )}
          </div>
        `;
    case "context":
      return html`
        <div class="context">${block.elements.map((element) =>
          "text" in element ? formatted(element.text ?? "") : ""
        )}</div>
      `;
    default:
      throw new Error(`No picture shows a block of the type ${block.type}.`);
  }
}

/** The message is escaped already, as Slack asks; what is left is mrkdwn. */
function formatted(text: string): Html {
  const parts = text.split("```");
  return raw(
    parts.map((part, index) =>
      index % 2 === 1 ? `<pre>${part.trim()}</pre>` : inline(part)
    ).join(""),
  ) as Html;
}

function inline(text: string): string {
  return text
    .replace(/<(https?:[^<>|]+)\|([^<>|]+)>/g, '<a href="$1">$2</a>')
    .replace(/(^|[\s•])\*([^*\s][^*\n]*)\*/gm, "$1<b>$2</b>")
    .replace(DOTS, (dot) => `<i style="background:${COLOURS[dot]}"></i>`)
    .replaceAll("\n", "<br>");
}

// The fonts of a build machine have no emoji.
const COLOURS: Readonly<Record<string, string>> = {
  "🔴": "#d92d20",
  "🟠": "#f79009",
  "🟢": "#12b76a",
};
const DOTS = new RegExp(Object.keys(COLOURS).join("|"), "gu");

const STYLE = raw(`
  body { margin: 0; padding: 16px 20px; background: #fff; color: #1d1c1d;
    font: 15px/22px Lato, "Helvetica Neue", Helvetica, Arial, sans-serif; }
  .message { display: flex; gap: 8px; max-width: 640px; }
  .icon { flex: none; width: 36px; height: 36px; border-radius: 6px;
    background: #344054; color: #fff; font-weight: 700; text-align: center;
    line-height: 36px; }
  .content { min-width: 0; flex: 1; overflow-wrap: anywhere; }
  .app { background: #ddd; border-radius: 2px; font-size: 10px;
    padding: 1px 3px; color: #616061; vertical-align: middle; }
  h1 { font-size: 18px; line-height: 24px; margin: 8px 0; }
  .section { margin: 8px 0; }
  .fields { display: grid; grid-template-columns: 1fr 1fr; gap: 8px 16px; }
  pre { background: #f8f8f8; border: 1px solid #ddd; border-radius: 4px;
    padding: 8px; margin: 0; font: 12px/18px Menlo, Consolas, monospace;
    white-space: pre-wrap; overflow-wrap: anywhere; }
  .context { color: #616061; font-size: 12px; line-height: 18px; }
  i { display: inline-block; width: 16px; height: 16px; border-radius: 8px;
    margin-right: 2px; vertical-align: -2px; }
  a { color: #1264a3; text-decoration: none; }
`);
