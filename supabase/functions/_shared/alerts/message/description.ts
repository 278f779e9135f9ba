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
  /** One or two sentences. */
  readonly summary: string;
  readonly error: string | null;
  /** The details, most important first; none is empty. */
  readonly parts: readonly Part[];
  /** The page of docs/runbooks about this kind of alert. */
  readonly runbookPage: string;
  /** What the link to the dashboard is called. */
  readonly dashboardLabel: string;
}

/** The part of a description that is particular to the alert. */
export interface Message extends Pick<Description, "summary" | "parts"> {
  readonly error?: string | null;
  /** Whether the dashboard shows logs of it. */
  readonly hasLogs?: boolean;
}

/** @returns the page of docs/runbooks about a kind of alert, or a reason. */
export function pageAbout(kindOrCode: string): string {
  return kindOrCode.replaceAll("_", "-");
}
