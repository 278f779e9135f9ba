import type { AlertOf } from "../alert.ts";
import { type Message, pageAbout, type WriteInstant } from "./description.ts";
import { ago } from "./job.ts";
import { impactOf, nextRunOf } from "./job-words.ts";
import { entry, facts, known, list } from "./parts.ts";
import { REASONS, UNKNOWN_REASON } from "./reasons.ts";

export function unhealthyMessage(
  { raised_at, details }: AlertOf<"job_unhealthy">,
  instant: WriteInstant,
): Message {
  const { reasons, last_run_at, hours_since_last_run, job } = details;
  const words = reasons.map(({ code }) =>
    REASONS[code ?? ""] ?? UNKNOWN_REASON
  );
  const isOne = reasons.length === 1;
  const moment = { raisedAt: raised_at, instant };
  return {
    summary: eachOnce([
      isOne ? "" : "Several things are wrong.",
      ...words.map(({ impact }) =>
        impact ?? impactOf(job, "While the job does not run")
      ),
    ]),
    next: eachOnce(words.map(({ next }) => next ?? nextRunOf(job, moment))) ||
      "It does not end by itself.",
    toDo: isOne
      ? words[0].toDo
      : "Follow the page of each reason below, from the top.",
    parts: [
      list(
        isOne ? "Reason" : "Reasons",
        reasons.map(({ code, message }) =>
          // The page of the only one is that of the message.
          entry(null, message ?? code, isOne ? null : known(code, pageAbout))
        ),
      ),
      facts(
        [
          "Last run",
          known(last_run_at, (at) => ago(at, hours_since_last_run, instant)),
        ],
        ["Noticed", instant(raised_at)],
      ),
    ],
    ...isOne && reasons[0].code !== null &&
      { runbookPage: pageAbout(reasons[0].code) },
  };
}

function eachOnce(sentences: readonly string[]): string {
  return [...new Set(sentences)].filter((one) => one !== "").join(" ");
}
