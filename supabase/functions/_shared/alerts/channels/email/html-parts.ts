import { html } from "hono/html";
import {
  block,
  button,
  type Html,
  withLineBreaks,
} from "../../../mail/page.ts";
import { STYLES } from "../../../mail/style.ts";
import { cut } from "../../../text.ts";
import type {
  Description,
  Entry,
  Fact,
  Facts,
  List,
  Tone,
} from "../../message/description.ts";
import type { Links } from "../../message/links.ts";
import { cutError, MAX_ENTRIES, MAX_NAME, MAX_WORDS } from "./limits.ts";
import { ALERT_STYLES, COLOURS, errorStyle } from "./style.ts";

export function errorBox(error: string, tone: Tone): Html {
  const { pale } = COLOURS[tone];
  const lines = withBreaks(cutError(error));
  return block(html`
    <tr>
      <td class="${tone}" bgcolor="${pale}"
        style="${errorStyle(tone)}">${lines}</td>
    </tr>
  `);
}

export function factTable({ facts }: Facts): Html {
  return block(facts.map(factRow));
}

export function listBox({ title, entries, more }: List, links: Links): Html {
  const shown = entries.slice(0, MAX_ENTRIES);
  const left = entries.length - shown.length + more;
  return block([
    html`
      <tr>
        <td class="text" style="${STYLES.listTitle}">${title}</td>
      </tr>
    `,
    ...shown.map((entry) => entryRow(entry, links)),
    ...left === 0 ? [] : [moreRow(left)],
  ]);
}

/** @returns the button to the dashboard, and the page of the runbook. */
export function whereToLook(
  { dashboardLabel, runbookPage, tone }: Description,
  { dashboardUrl, ...links }: Links,
): Html {
  const page = pageLink(runbookPage, links);
  return html`
    ${dashboardUrl === null
      ? ""
      : button(dashboardUrl, dashboardLabel, COLOURS[tone])}
    <div class="muted" style="${ALERT_STYLES.runbook}">Runbook: ${page}</div>
  `;
}

function factRow({ label, value }: Fact): Html {
  const shown = cut(value, MAX_WORDS);
  return html`
    <tr>
      <td class="muted line" width="140" valign="top" style="${STYLES.label}">
        ${label}
      </td>
      <td class="text line" valign="top" style="${STYLES.value}">${shown}</td>
    </tr>
  `;
}

function entryRow({ name, text, runbookPage }: Entry, links: Links): Html {
  const lines = [
    ...name === null ? [] : [html`<strong>${cut(name, MAX_NAME)}</strong>`],
    html`${cut(text, MAX_WORDS)}`,
    ...runbookPage === null ? [] : [pageLink(runbookPage, links)],
  ];
  return html`
    <tr>
      <td class="text line" style="${STYLES.entry}">${withLineBreaks(
        lines,
      )}</td>
    </tr>
  `;
}

function moreRow(count: number): Html {
  return html`
    <tr>
      <td class="muted" style="${STYLES.more}">… and ${count} more</td>
    </tr>
  `;
}

function pageLink(page: string, { runbook }: Pick<Links, "runbook">): Html {
  const { path, url } = runbook(page);
  return url === null
    ? html`<span style="${ALERT_STYLES.path}">${path}</span>`
    : html`<a class="link" href="${url}" style="${STYLES.link}">${page}</a>`;
}

function withBreaks(text: string): readonly Html[] {
  return withLineBreaks(text.split("\n").map((line) => html`${line}`));
}
