import type { Alert, AlertKind } from "../alert.ts";
import {
  type Description,
  type Message,
  pageAbout,
  type Tone,
  type WriteInstant,
} from "./description.ts";
import { heartbeatMessage } from "./heartbeat.ts";
import { itemFailingMessage } from "./item.ts";
import { missedMessage, recoveredMessage } from "./job.ts";
import { nameOf } from "./parts.ts";
import { degradedMessage, failedMessage, succeededMessage } from "./run.ts";
import { testMessage } from "./test-alert.ts";
import { unhealthyMessage } from "./unhealthy.ts";

/** How the alerts of a kind begin. */
type Heading = readonly [
  title: string,
  tone: Tone,
  /** What reminders of an open incident say; null where there are none. */
  still: string | null,
];

const HEADINGS: Readonly<Record<AlertKind, Heading>> = {
  run_failed: ["Job Failed", "red", "still failing"],
  run_degraded: ["Job Degraded", "amber", "still degraded"],
  item_failing: ["Item Failing", "amber", "still failing"],
  run_missed: ["Job Missed", "amber", "still no success"],
  job_unhealthy: ["Job Unhealthy", "amber", "still unhealthy"],
  run_succeeded: ["Job Succeeded", "green", null],
  job_recovered: ["Job Recovered", "green", null],
  heartbeat: ["Duewatch is watching", "green", null],
  test: ["Test of the alerts", "green", null],
};

// They are about Duewatch itself.
const WITHOUT_JOB: readonly AlertKind[] = ["heartbeat", "test"];

/**
 * Describes an alert. Depends on nothing but the alert and the reader's clock,
 * so that a repeated attempt sends the same message.
 */
export function describe(alert: Alert, instant: WriteInstant): Description {
  const [title, tone, still] = HEADINGS[alert.kind];
  const {
    summary,
    next,
    toDo,
    error = null,
    parts,
    hasLogs = false,
    runbookPage = pageAbout(alert.kind),
  } = messageOf(alert, instant);
  return {
    word: tone === "green" ? "OK" : "ALERT",
    title,
    tone,
    jobName: WITHOUT_JOB.includes(alert.kind) ? null : nameOf(alert.job_name),
    // A repetition after 24 hours falls on the second day.
    reminder: still !== null && alert.reminder > 0
      ? `${still}, day ${alert.reminder + 1}`
      : null,
    runbookPage,
    summary,
    next,
    toDo,
    error,
    parts: parts.filter((part) =>
      part.kind === "facts" ? part.facts.length > 0 : part.entries.length > 0
    ),
    dashboardLabel: hasLogs ? "View logs" : "Open the dashboard",
  };
}

function messageOf(alert: Alert, instant: WriteInstant): Message {
  switch (alert.kind) {
    case "run_failed":
      return failedMessage(alert, instant);
    case "run_degraded":
      return degradedMessage(alert, instant);
    case "item_failing":
      return itemFailingMessage(alert, instant);
    case "run_succeeded":
      return succeededMessage(alert, instant);
    case "run_missed":
      return missedMessage(alert, instant);
    case "job_recovered":
      return recoveredMessage(alert, instant);
    case "job_unhealthy":
      return unhealthyMessage(alert, instant);
    case "heartbeat":
      return heartbeatMessage(alert, instant);
    case "test":
      return testMessage(alert);
  }
}
