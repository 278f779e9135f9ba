import {
  clockProblems,
  type ClockVariables,
  clockVariables,
  createClock,
} from "./clock.ts";
import type { WriteInstant } from "./description.ts";
import {
  createLinks,
  linkProblems,
  type Links,
  type LinkVariables,
  linkVariables,
} from "./links.ts";

/** What all messages take from the environment; each may be missing. */
export const messageVariables = { ...linkVariables, ...clockVariables };

/** How messages are written for those who read them. */
export interface MessageSettings {
  readonly links: Links;
  /** Writes an instant in UTC, and on the reader's clock. */
  readonly instant: WriteInstant;
}

type Variables = LinkVariables & ClockVariables;

/** @returns sentences on what no message can use. */
export function messageProblems(variables: Variables): string[] {
  return [...linkProblems(variables), ...clockProblems(variables)];
}

/** Creates the settings. What is wrong is left out: the alert matters more. */
export function createMessageSettings(variables: Variables): MessageSettings {
  return { links: createLinks(variables), instant: createClock(variables) };
}
