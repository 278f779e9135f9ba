import { z } from "zod";
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
  if (status >= 300 && status < 400) return redirected(target, headers);

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

const DATABASE_CODE = /^(PGRST\d+|[0-9A-Z]{5})$/;

const dataError = z.looseObject({
  code: z.string().nullish(),
  message: z.string(),
  hint: z.string().nullish(),
});

/**
 * @param name the function of the database that was called.
 * @returns why the Data API's answer cannot be used, in a sentence or two.
 */
export function dataRefusal(
  target: Target,
  name: string,
  { status, headers, body }: Answer,
): string {
  const { data } = dataError.safeParse(body);
  if (status === 401) {
    return `${target.name} refused the key from ${target.keySource}: the Data ` +
      "API takes the project's secret key.";
  }
  if (data?.code === "PGRST202") {
    return `${target.name} has no function ${name}: is this version of ` +
      "Duewatch installed there?";
  }
  if (status >= 300 && status < 400) return redirected(target, headers);
  if (data === undefined || status === 200) {
    return `${name} at ${target.name} answered ${status}, in a form that is ` +
      "not known here: is this the address of a project, with this version of " +
      "Duewatch?";
  }
  const message = toldBy(target, data.message);
  // What the database says is complete; what stands before it, such as a
  // gateway, has no code of SQL or of the Data API.
  if (!DATABASE_CODE.test(data.code ?? "") || status >= 500) {
    return `${name} at ${target.name} answered ${status}: ${message}`;
  }
  const denied = DENIED.exec(message);
  const hint = data.hint
    ? ` ${toldBy(target, data.hint)}`
    : denied !== null
    ? ` The secret key reads as service_role: grant ${
      denied[1] === "schema" ? "usage" : "select"
    } on ${denied[1]} ${denied[2]} to service_role;`
    : "";
  return message.replace(/^./, (first) => first.toUpperCase())
    .replace(/[.!]?$/, ".") + hint;
}

// A project's own table, which its migrations have not granted.
const DENIED = /^permission denied for (schema|table) (\S.*)$/;

function redirected({ name }: Target, headers: Headers): string {
  const elsewhere = URL.parse(headers.get("Location") ?? "");
  return `${name} redirects to ${elsewhere?.host ?? "elsewhere"}: ` +
    "give the address of the project itself.";
}
