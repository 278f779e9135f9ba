import { singleLine } from "../../../supabase/functions/_shared/truncate.ts";
import type { Action } from "../api/answers.ts";
import { wrap } from "../text/wrap.ts";
import { heading, inParts, type View } from "./view.ts";

interface Tested {
  readonly channel: string;
  readonly status: string;
  readonly problem: string | null;
}

const ALERTS_PAGE = "docs/runbooks/alerts-undelivered.md";
const SET_UP_PAGE = "docs/how-to/set-up-alerts.md";

/** What a status is called, and what the reader has to do. */
const WORDS: Readonly<Record<string, readonly [word: string, toDo: string]>> = {
  sent: ["arrived", ""],
  waiting: [
    "waiting",
    `It is tried again by itself, for 23 hours. If it stays so: ${ALERTS_PAGE}.`,
  ],
  failed: [
    "failed",
    `Correct the address or the key, then test again: ${ALERTS_PAGE}.`,
  ],
  misconfigured: [
    "set up wrongly",
    `Correct the secrets of the functions, then test again: ${SET_UP_PAGE}.`,
  ],
  not_configured: ["not set up", ""],
  not_tried: ["not tried", `Repair the delivery first: ${ALERTS_PAGE}.`],
  unknown: ["unknown", `Look into the log of job-control: ${ALERTS_PAGE}.`],
};

/** @returns what has arrived where, and what to do about the rest. */
export function formatTest(action: Action, view: View): string {
  const { channels = [], lastResort = [], problems = [] } = action;
  return inParts(
    formatPart("Alert channels", channels, view),
    formatPart(
      "Last resort (what the database sends itself)",
      lastResort,
      view,
    ),
    formatProblems(
      problems.filter((problem) =>
        !channels.some((channel) => channel.problem === problem)
      ),
      view,
    ),
    conclusion(action, view),
  );
}

/** Whether it arrived wherever something is set up, and on a channel at all. */
export function hasArrived(
  { channels = [], lastResort = [] }: Action,
): boolean {
  const isWell = ({ status }: Tested) =>
    status === "sent" || status === "not_configured";
  return [...channels, ...lastResort].every(isWell) &&
    channels.some(({ status }) => status === "sent");
}

function formatPart(
  title: string,
  tests: readonly Tested[],
  view: View,
): string {
  const width = Math.max(0, ...tests.map(({ channel }) => channel.length));
  return [
    heading(title, view),
    ...tests.map(({ channel, status, problem }) => {
      const [word, toDo] = WORDS[status] ?? [status, ""];
      const why = [singleLine(problem ?? ""), toDo].filter(Boolean).join(" ");
      const start = `${singleLine(channel).padEnd(width)}  `;
      const paint = paintOf(status, view);
      const line = `${word}${why === "" ? "" : `: ${why}`}`;
      return wrap(start + line, view.width, " ".repeat(start.length))
        .replace(word, paint(word));
    }),
  ].join("\n");
}

function paintOf(
  status: string,
  { colours }: View,
): (word: string) => string {
  switch (status) {
    case "sent":
      return colours.green;
    case "not_configured":
      return (word) => word;
    case "waiting":
    case "not_tried":
      return colours.yellow;
    default:
      return colours.red;
  }
}

function formatProblems(problems: readonly string[], view: View): string {
  if (problems.length === 0) return "";
  return [
    heading("Set wrongly", view),
    ...problems.map((problem) => wrap(singleLine(problem), view.width, "  ")),
  ].join("\n");
}

function conclusion(action: Action, view: View): string {
  const { channels = [], lastResort = [] } = action;
  const arrived = [...channels, ...lastResort]
    .filter(({ status }) => status === "sent").length;
  const sentence = arrived === 0
    ? `The test has reached nobody. Set up a channel: ${SET_UP_PAGE}.`
    : !channels.some(({ status }) => status === "sent")
    ? "No alert channel has sent the test. Alerts reach people only through " +
      `the last resort, late and without details: ${SET_UP_PAGE}.`
    : lastResort.every(({ status }) => status === "not_configured")
    ? "The last resort is not set up: when the functions fail, the database " +
      `cannot say so. ${SET_UP_PAGE} says how.`
    : hasArrived(action)
    ? "The test has arrived wherever something is set up."
    : "";
  return wrap(sentence, view.width);
}
