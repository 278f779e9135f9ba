import type { Alert, AlertKind } from "../alert.ts";
import {
  type Description,
  type Message,
  pageAbout,
  type Tone,
} from "./description.ts";
import { heartbeatMessage } from "./heartbeat.ts";
import { missedMessage, recoveredMessage, unhealthyMessage } from "./job.ts";
import { nameOf } from "./parts.ts";
import { degradedMessage, failedMessage, succeededMessage } from "./run.ts";

interface Heading {
  readonly word: "ALERT" | "OK";
  readonly title: string;
  readonly tone: Tone;
  /** What reminders of an open incident say; null where there are none. */
  readonly still: string | null;
}

const HEADINGS: Readonly<Record<AlertKind, Heading>> = {
  run_failed: {
    word: "ALERT",
    title: "Job Failed",
    tone: "red",
    still: "still failing",
  },
  run_degraded: {
    word: "ALERT",
    title: "Job Degraded",
    tone: "amber",
    still: "still degraded",
  },
  run_missed: {
    word: "ALERT",
    title: "Job Missed",
    tone: "amber",
    still: "still no success",
  },
  job_unhealthy: {
    word: "ALERT",
    title: "Job Unhealthy",
    tone: "amber",
    still: "still unhealthy",
  },
  run_succeeded: {
    word: "OK",
    title: "Job Succeeded",
    tone: "green",
    still: null,
  },
  job_recovered: {
    word: "OK",
    title: "Job Recovered",
    tone: "green",
    still: null,
  },
  heartbeat: {
    word: "OK",
    title: "Duewatch is watching",
    tone: "green",
    still: null,
  },
};

/**
 * Describes an alert. Depends on nothing but the alert, so that a repeated
 * attempt sends the same message.
 */
export function describe(alert: Alert): Description {
  const { word, title, tone, still } = HEADINGS[alert.kind];
  return {
    word,
    title,
    tone,
    jobName: alert.kind === "heartbeat" ? null : nameOf(alert.job_name),
    // A repetition after 24 hours falls on the second day.
    reminder: still !== null && alert.reminder > 0
      ? `${still}, day ${alert.reminder + 1}`
      : null,
    runbookPage: pageAbout(alert.kind),
    ...messageOf(alert),
  };
}

function messageOf(alert: Alert): Message {
  switch (alert.kind) {
    case "run_failed":
      return failedMessage(alert);
    case "run_degraded":
      return degradedMessage(alert);
    case "run_succeeded":
      return succeededMessage(alert);
    case "run_missed":
      return missedMessage(alert);
    case "job_recovered":
      return recoveredMessage(alert);
    case "job_unhealthy":
      return unhealthyMessage(alert);
    case "heartbeat":
      return heartbeatMessage(alert);
  }
}
