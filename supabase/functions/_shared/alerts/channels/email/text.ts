import type { Alert } from "../../alert.ts";
import type { Description, Facts, List } from "../../message/description.ts";
import type { Links } from "../../message/links.ts";
import { cut } from "../../../text.ts";
import { instant } from "../../../wording.ts";
import { cutError, MAX_ENTRIES, MAX_NAME, MAX_WORDS } from "./limits.ts";

/** @returns the mail for readers that show no HTML. */
export function textPart(
  { word, title, jobName, reminder, ...description }: Description,
  { alert_id, raised_at }: Pick<Alert, "alert_id" | "raised_at">,
  links: Links,
): string {
  const { summary, error, parts } = description;
  return [
    [
      `${word}: ${title}${reminder === null ? "" : ` (${reminder})`}`,
      jobName === null ? null : cut(jobName, MAX_NAME),
    ].filter((line) => line !== null).join("\n"),
    summary,
    error === null ? null : `Error\n${indented(cutError(error))}`,
    ...parts.map((part) =>
      part.kind === "facts" ? table(part) : listText(part, links)
    ),
    whereToLook(description, links),
    `--\nDuewatch, raised ${instant(raised_at)}, alert ${alert_id}`,
  ].filter((part) => part !== null).join("\n\n") + "\n";
}

function table({ facts }: Facts): string {
  const width = Math.max(0, ...facts.map(({ label }) => label.length));
  return facts
    .map(({ label, value }) =>
      `${label.padEnd(width)}  ${cut(value, MAX_WORDS)}`
    )
    .join("\n");
}

function listText({ title, entries, more }: List, links: Links): string {
  const shown = entries.slice(0, MAX_ENTRIES);
  const left = entries.length - shown.length + more;
  return [
    title,
    ...shown.map(({ name, text, runbookPage }) =>
      [
        "- ",
        name === null ? "" : `${cut(name, MAX_NAME)}: `,
        cut(text, MAX_WORDS),
        runbookPage === null ? "" : `\n  ${pageAddress(runbookPage, links)}`,
      ].join("")
    ),
    left === 0 ? null : `… and ${left} more`,
  ].filter((line) => line !== null).join("\n");
}

function whereToLook(
  { dashboardLabel, runbookPage }: Pick<
    Description,
    "dashboardLabel" | "runbookPage"
  >,
  links: Links,
): string {
  return [
    links.dashboardUrl === null
      ? null
      : `${dashboardLabel}: ${links.dashboardUrl}`,
    `Runbook: ${pageAddress(runbookPage, links)}`,
  ].filter((line) => line !== null).join("\n");
}

function pageAddress(page: string, links: Links): string {
  const { path, url } = links.runbook(page);
  return url ?? path;
}

function indented(text: string): string {
  return text.replace(/^/gm, "  ");
}
