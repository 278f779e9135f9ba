import type { KnownBlock, SectionBlock } from "@slack/types";
import type { Alert } from "../../alert.ts";
import { describe } from "../../message/describe.ts";
import {
  type Description,
  type Facts,
  type List,
  NEXT_LABEL,
  TO_DO_LABEL,
  type Tone,
} from "../../message/description.ts";
import { headline, subject } from "../../message/headline.ts";
import { type Links, linksAbout } from "../../message/links.ts";
import type { MessageSettings } from "../../message/settings.ts";
import { truncate } from "../../../truncate.ts";
import {
  codeBlock,
  escapeCharacter,
  escaped,
  link,
  mrkdwn,
  plainText,
} from "./mrkdwn.ts";

/** What an incoming webhook takes. */
export interface SlackMessage {
  /** For notifications, and for clients that show no blocks. */
  readonly text: string;
  readonly blocks: readonly KnownBlock[];
  readonly unfurl_links: false;
  readonly unfurl_media: false;
}

// Slack refuses a message that exceeds any of its own.
const HEADER_LIMIT = 150;
const SECTION_LIMIT = 3000;

// Ours: what people read before they open the logs.
const STEP_LIMIT = 1000;
const FIELD_LIMIT = 300;
const ENTRY_LIMIT = 280;
const CONTEXT_LIMIT = 300;
const FALLBACK_SUMMARY_LIMIT = 300;

const DOTS: Readonly<Record<Tone, string>> = {
  red: "🔴",
  amber: "🟠",
  green: "🟢",
};

/**
 * Renders an alert for Slack, in Block Kit: header, what it means, what happens
 * next, what to do and where, then the error, the facts, what failed.
 */
export function slackMessage(
  alert: Alert,
  { links: all, instant }: MessageSettings,
): SlackMessage {
  const links = linksAbout(alert, all);
  const description = describe(alert, instant);
  const { summary, error, parts } = description;
  const origin = `raised ${instant(alert.raised_at)} · alert ${alert.alert_id}`;
  return {
    text: fallback(description),
    blocks: [
      header(description),
      section(escaped(summary, SECTION_LIMIT)),
      section(step(NEXT_LABEL, description.next)),
      section(step(TO_DO_LABEL, description.toDo)),
      section(whereToLook(description, links)),
      ...error === null ? [] : [section(codeBlock(error, SECTION_LIMIT))],
      ...parts.map((part) =>
        part.kind === "facts"
          ? factSection(part)
          : section(listText(part, links))
      ),
      {
        type: "context",
        elements: [plainText(escaped(`Duewatch · ${origin}`, CONTEXT_LIMIT))],
      },
    ],
    // The dashboard's preview would be longer than the alert.
    unfurl_links: false,
    unfurl_media: false,
  };
}

function header(description: Description): KnownBlock {
  const dot = `${DOTS[description.tone]} `;
  return {
    type: "header",
    text: plainText(
      dot + headline(description, {
        separator: ": ",
        limit: HEADER_LIMIT - dot.length,
        encode: escapeCharacter,
      }),
    ),
  };
}

function section(text: string): SectionBlock {
  return { type: "section", text: mrkdwn(text) };
}

function factSection({ facts }: Facts): SectionBlock {
  return {
    type: "section",
    // Slack takes ten; no alert has more than eight.
    fields: facts.map(({ label, value }) =>
      mrkdwn(`*${escaped(label, 100)}*\n${escaped(value, FIELD_LIMIT)}`)
    ),
  };
}

function step(label: string, words: string): string {
  return `*${label}*\n${escaped(words, STEP_LIMIT)}`;
}

function fallback(description: Description): string {
  const { tone, summary } = description;
  const start = `${DOTS[tone]} ${subject(description)}`;
  return `${truncate(start, 1000, { encode: escapeCharacter })}: ${
    escaped(summary, FALLBACK_SUMMARY_LIMIT)
  }`;
}

function listText({ title, entries, more }: List, links: Links): string {
  let text = `*${escaped(title, 100)}*`;
  for (const [index, { name, text: words, runbookPage }] of entries.entries()) {
    const body = name === null
      ? escaped(words, ENTRY_LIMIT)
      : entryText(name, words);
    const line = `\n• ${body}${
      runbookPage === null ? "" : ` (${pageLink(runbookPage, links)})`
    }`;
    const left = entries.length - index + more;
    if (text.length + line.length + moreText(left).length > SECTION_LIMIT) {
      return text + moreText(left);
    }
    text += line;
  }
  return text + moreText(more);
}

function entryText(name: string, words: string): string {
  const nameText = escaped(name, ENTRY_LIMIT / 2);
  return `*${nameText}*: ${escaped(words, ENTRY_LIMIT - nameText.length)}`;
}

function moreText(count: number): string {
  return count === 0 ? "" : `\n… and ${count} more`;
}

function whereToLook(
  { dashboardLabel, runbookPage }: Description,
  links: Links,
): string {
  const { path, url } = links.runbook(runbookPage);
  if (links.dashboardUrl !== null) {
    return `*${link(links.dashboardUrl, dashboardLabel)}*  ·  Runbook: ${
      pageLink(runbookPage, links)
    }`;
  }
  return url === null
    ? `Runbook: ${escaped(path, 200)}`
    : `*${link(url, `Open the runbook: ${runbookPage}`)}*`;
}

function pageLink(page: string, links: Links): string {
  const { path, url } = links.runbook(page);
  return url === null ? escaped(path, 200) : link(url, page);
}
