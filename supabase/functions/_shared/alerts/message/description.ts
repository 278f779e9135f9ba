/** The severity, as a colour. */
export type Tone = "red" | "amber" | "green";

export interface Fact {
  readonly label: string;
  readonly value: string;
}

/** One line of a list. */
export interface Entry {
  readonly name: string | null;
  readonly text: string;
  /** The page of docs/runbooks about just this. */
  readonly runbookPage: string | null;
}

export interface Facts {
  readonly kind: "facts";
  readonly facts: readonly Fact[];
}

export interface List {
  readonly kind: "list";
  readonly title: string;
  readonly entries: readonly Entry[];
  /** How many more there are than are listed. */
  readonly more: number;
}

export type Part = Facts | List;

/**
 * What a message says, whatever it looks like. Names and values are on one
 * line, `error` may have several; all are as long as they came, and none is
 * escaped.
 */
export interface Description {
  readonly word: "ALERT" | "OK";
  /** Such as `Job Failed`. */
  readonly title: string;
  /** Null when the message is about no job in particular. */
  readonly jobName: string | null;
  /** Such as `still failing, day 2`; null for the first alert. */
  readonly reminder: string | null;
  readonly tone: Tone;
  /** What it means for people, and what happened: a few sentences. */
  readonly summary: string;
  /** What happens next by itself. */
  readonly next: string;
  /** What the reader has to do. */
  readonly toDo: string;
  readonly error: string | null;
  /** The details, most important first; none is empty. */
  readonly parts: readonly Part[];
  /** The page of docs/runbooks that says what to do. */
  readonly runbookPage: string;
  /** What the link to the dashboard is called. */
  readonly dashboardLabel: string;
}

/** The part of a description that is particular to the alert. */
export interface Message
  extends Pick<Description, "summary" | "next" | "toDo" | "parts"> {
  readonly error?: string | null;
  /** The page that says what to do, if it is not that of the kind. */
  readonly runbookPage?: string;
  /** Whether the dashboard shows logs of it. */
  readonly hasLogs?: boolean;
}

/** What the two texts that follow the summary are called, in every message. */
export const NEXT_LABEL = "What happens next";
export const TO_DO_LABEL = "What to do";

/** Writes an instant (ISO 8601) as the reader knows it. */
export type WriteInstant = (iso: string) => string;

/** @returns the page of docs/runbooks about a kind of alert, or a reason. */
export function pageAbout(kindOrCode: string): string {
  return kindOrCode.replaceAll("_", "-");
}
