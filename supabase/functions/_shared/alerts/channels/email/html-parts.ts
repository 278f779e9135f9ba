import { html } from "hono/html";
import type {
  Description,
  Entry,
  Fact,
  Facts,
  List,
  Tone,
} from "../../message/description.ts";
import type { Links } from "../../message/links.ts";
import { cut } from "../../message/text.ts";
import { cutError, MAX_ENTRIES, MAX_NAME, MAX_WORDS } from "./limits.ts";
import { STYLES, toned } from "./style.ts";

// What hono/html makes of a template: escaped, and not to be escaped again.
type Html = ReturnType<typeof html>;

/** @returns the coloured row at the top. */
export function band(
  { tone, word, reminder, title, jobName }: Description,
): Html {
  const { strong, band, ...styles } = toned(tone);
  const first = reminder === null ? word : `${word} · ${reminder}`;
  const name = jobName === null
    ? ""
    : html`<div style="${styles.jobName}">${cut(jobName, MAX_NAME)}</div>`;
  return html`
    <tr>
      <td bgcolor="${strong}" style="${band}">
        <div style="${styles.word}">${first}</div>
        <div style="${styles.title}">${title}</div>
        ${name}
      </td>
    </tr>
  `;
}

export function errorBox(error: string, tone: Tone): Html {
  const { pale, error: style } = toned(tone);
  const lines = withBreaks(cutError(error));
  return html`
    <table role="presentation" width="100%" cellpadding="0" cellspacing="0"
      style="${STYLES.block}">
      <tr>
        <td class="${tone}" bgcolor="${pale}"
          style="${style}">${lines}</td>
      </tr>
    </table>
  `;
}

export function factTable({ facts }: Facts): Html {
  return html`
    <table role="presentation" width="100%" cellpadding="0" cellspacing="0"
      style="${STYLES.block}">
      ${facts.map(factRow)}
    </table>
  `;
}

export function listBox({ title, entries, more }: List, links: Links): Html {
  const shown = entries.slice(0, MAX_ENTRIES);
  const left = entries.length - shown.length + more;
  return html`
    <table role="presentation" width="100%" cellpadding="0" cellspacing="0"
      style="${STYLES.block}">
      <tr>
        <td class="text" style="${STYLES.listTitle}">${title}</td>
      </tr>
      ${shown.map((entry) => entryRow(entry, links))}
      ${left === 0 ? "" : moreRow(left)}
    </table>
  `;
}

/** @returns the button to the dashboard, and the page of the runbook. */
export function whereToLook(
  { dashboardLabel, runbookPage, tone }: Description,
  { dashboardUrl, ...links }: Links,
): Html {
  const page = pageLink(runbookPage, links);
  return html`
    ${dashboardUrl === null ? "" : button(dashboardUrl, dashboardLabel, tone)}
    <div class="muted" style="${STYLES.runbook}">Runbook: ${page}</div>
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
      <td class="text line" style="${STYLES.entry}">${broken(lines)}</td>
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

function button(url: string, label: string, tone: Tone): Html {
  const { strong, button, buttonLink } = toned(tone);
  return html`
    <table role="presentation" cellpadding="0" cellspacing="0"
      style="${STYLES.block}">
      <tr>
        <td bgcolor="${strong}" style="${button}">
          <a href="${url}" style="${buttonLink}">${label}</a>
        </td>
      </tr>
    </table>
  `;
}

function pageLink(page: string, { runbook }: Pick<Links, "runbook">): Html {
  const { path, url } = runbook(page);
  return url === null
    ? html`<span style="${STYLES.path}">${path}</span>`
    : html`<a class="link" href="${url}" style="${STYLES.link}">${page}</a>`;
}

// Not every mail client keeps the line feeds of a text.
function withBreaks(text: string): readonly Html[] {
  return broken(text.split("\n").map((line) => html`${line}`));
}

function broken(lines: readonly Html[]): readonly Html[] {
  return lines.flatMap((line, index) =>
    index === 0 ? [line] : [html`<br>`, line]
  );
}
