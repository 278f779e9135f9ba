import {
  singleLine,
  truncate,
} from "../../../supabase/functions/_shared/truncate.ts";
import type { Target } from "../target.ts";
import { errorAnswer, platformError } from "./answers.ts";
import type { Answer } from "./send.ts";

const LONGEST_MESSAGE = 500;

/** What was asked, of which project. */
export interface Question {
  readonly target: Target;
  /** The function's name. */
  readonly slug: string;
  /** Which keys open it, such as `a job key`. */
  readonly keysTaken: string;
}

/** @returns why a function's answer cannot be used, in a sentence. */
export function refusal(
  { target, slug, keysTaken }: Question,
  { status, headers, body }: Answer,
): string {
  const ours = errorAnswer.safeParse(body).data?.error.message;
  if (status === 401 && ours !== undefined) {
    return `${target.name} refused the key from ${target.keySource}: ${slug} ` +
      `takes ${keysTaken}.`;
  }
  // A message about a name or an id is complete.
  if (status === 404 && ours !== undefined) return toldBy(target, ours);
  if (status === 404) {
    return `${target.name} has no function ${slug}: is this the address of a ` +
      "project, and is Duewatch deployed there?";
  }
  if (status >= 300 && status < 400) {
    const elsewhere = URL.parse(headers.get("Location") ?? "");
    return `${target.name} redirects to ${elsewhere?.host ?? "elsewhere"}: ` +
      "give the address of the project itself.";
  }

  const message = ours ?? platformError.safeParse(body).data?.message;
  const answered = `${slug} at ${target.name} answered ${status}`;
  return message === undefined
    ? `${answered}, in a form that is not known here: is this the address of ` +
      "a project, with this version of Duewatch?"
    : `${answered}: ${toldBy(target, message)}`;
}

/**
 * @returns a server's message, on one line, cut, and without the key, which a
 *   server at that address might repeat.
 */
export function toldBy({ key }: Target, message: string): string {
  return truncate(singleLine(message.replaceAll(key, "…")), LONGEST_MESSAGE);
}
