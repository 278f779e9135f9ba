import { html } from "hono/html";
import {
  buttonBlock,
  type Html,
  listBlock,
  type MailBlock,
  tableBlock,
  withLineBreaks,
} from "../../../mail/blocks.ts";
import { STYLES } from "../../../mail/style.ts";
import { truncate } from "../../../truncate.ts";
import {
  type Description,
  type Entry,
  type Fact,
  type Facts,
  type List,
  NEXT_LABEL,
  TO_DO_LABEL,
  type Tone,
} from "../../message/description.ts";
import type { Links } from "../../message/links.ts";
import { ALERT_STYLES, COLOURS, errorStyle } from "./style.ts";

// A mail of more than 102 kB is shown cut off by some clients; these keep the
// largest one well below.
export const MAX_NAME = 200;
const MAX_WORDS = 500;
const MAX_STEP = 1000;
const MAX_ENTRIES = 50;
const MAX_ERROR = 4000;

export function errorBox(error: string, tone: Tone): MailBlock {
  const notice = `\n… (cut from ${error.length} characters)`;
  const shown = truncate(error, MAX_ERROR, { notice });
  return tableBlock([{
    html: html`
      <tr>
        <td class="${tone}" bgcolor="${COLOURS[tone].pale}"
          style="${errorStyle(tone)}">${withLineBreaks(shown.split("\n"))}</td>
      </tr>
    `,
    text: `Error\n${shown.replace(/^/gm, "  ")}`,
  }]);
}

export function factTable({ facts }: Facts): MailBlock {
  const width = Math.max(0, ...facts.map(({ label }) => label.length));
  return tableBlock(facts.map((fact) => factRow(fact, width)));
}

export function entryList({ title, entries, more }: List, links: Links) {
  const shown = entries.slice(0, MAX_ENTRIES);
  return listBlock({
    title,
    rows: shown.map((entry) => entryRow(entry, links)),
    more: entries.length - shown.length + more,
  });
}

/** @returns what happens by itself, and what the reader has to do. */
export function whatFollows({ next, toDo }: Description): MailBlock {
  return tableBlock([step(NEXT_LABEL, next), step(TO_DO_LABEL, toDo)]);
}

function step(label: string, words: string): MailBlock {
  const shown = truncate(words, MAX_STEP);
  return {
    html: html`
      <tr>
        <td class="text" style="${ALERT_STYLES.step}"><strong>${label}</strong
          ><br>${unbrokenDates(shown)}</td>
      </tr>
    `,
    text: `${label}: ${shown}`,
  };
}

/** @returns the text; on a narrow screen no line ends within a date. */
function unbrokenDates(text: string): Html {
  return html`${
    text.split(/(\d{4}-\d\d-\d\d)/).map((part, index) =>
      index % 2 === 0
        ? part
        : html`<span style="${ALERT_STYLES.unbroken}">${part}</span>`
    )
  }`;
}

/**
 * @returns the button to the dashboard and the page of the runbook; without a
 *   dashboard, that page is the button.
 */
export function whereToLook(
  { dashboardLabel, runbookPage, tone }: Description,
  { dashboardUrl, ...links }: Links,
): MailBlock {
  const page = pageLink(runbookPage, links);
  const { url } = links.runbook(runbookPage);
  if (dashboardUrl === null && url !== null) {
    return buttonBlock(url, "Open the runbook", COLOURS[tone]);
  }
  const button = dashboardUrl &&
    buttonBlock(dashboardUrl, dashboardLabel, COLOURS[tone]);
  return {
    html: html`
      ${button ? button.html : ""}
      <div class="muted" style="${ALERT_STYLES.runbook}">
        Runbook: ${page.html}
      </div>
    `,
    text: `${button ? `${button.text}\n` : ""}Runbook: ${page.text}`,
  };
}

function factRow({ label, value }: Fact, labelWidth: number): MailBlock {
  const shown = truncate(value, MAX_WORDS);
  return {
    html: html`
      <tr>
        <td class="muted line" width="140" valign="top"
          style="${STYLES.label}">${label}</td>
        <td class="text line" valign="top"
          style="${STYLES.value}">${shown}</td>
      </tr>
    `,
    text: `${label.padEnd(labelWidth)}  ${shown}`,
  };
}

function entryRow(entry: Entry, links: Links): MailBlock {
  const name = entry.name && truncate(entry.name, MAX_NAME);
  const text = truncate(entry.text, MAX_WORDS);
  const page = entry.runbookPage && pageLink(entry.runbookPage, links);
  const lines = [
    ...name === null ? [] : [html`<strong>${name}</strong>`],
    text,
    ...page ? [page.html] : [],
  ];
  return {
    html: html`
      <tr>
        <td class="text line"
          style="${STYLES.entry}">${withLineBreaks(lines)}</td>
      </tr>
    `,
    text: `- ${name === null ? "" : `${name}: `}${text}` +
      (page ? `\n  ${page.text}` : ""),
  };
}

function pageLink(
  page: string,
  { runbook }: Pick<Links, "runbook">,
): MailBlock {
  const { path, url } = runbook(page);
  const link: Html = url === null
    ? html`<span style="${ALERT_STYLES.path}">${path}</span>`
    : html`<a class="link" href="${url}" style="${STYLES.link}">${page}</a>`;
  return { html: link, text: url ?? path };
}
