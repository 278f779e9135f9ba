import { z } from "zod";
import { parseJson } from "../json/parse_json.ts";

// `ops@example.com` or `Ops <ops@example.com>`.
const ADDRESS = /^(?:[^<>]+ <)?[^\s<>@,]+@[^\s<>@,]+\.[^\s<>@,]+>?$/;
const MOST_RECIPIENTS = 50;

/** A mail as Resend takes it. */
export interface Email {
  readonly from: string;
  readonly to: readonly string[];
  readonly subject: string;
  readonly html: string;
  readonly text: string;
}

/** An error as Resend's API describes it. */
export interface ResendError {
  readonly statusCode: number;
  readonly name: string;
  readonly message: string;
}

const shape = z.looseObject({
  from: z.string(),
  to: z.union([z.string(), z.array(z.string())]).transform((to) => [to].flat()),
  subject: z.string(),
  html: z.string().default(""),
  text: z.string().default(""),
});

/** Reads the body of `POST /emails` as Resend does, or says what is wrong. */
export function readEmail(
  body: string,
): { readonly email: Email } | { readonly error: ResendError } {
  const payload = parseJson(body);
  const fields = z.record(z.string(), z.unknown()).safeParse(payload);
  if (!fields.success) {
    return unprocessable("validation_error", "The body is not a JSON object.");
  }
  for (const name of ["from", "to", "subject"]) {
    if (fields.data[name] !== undefined) continue;
    return unprocessable(
      "missing_required_field",
      `Missing \`${name}\` field.`,
    );
  }
  const parsed = shape.safeParse(fields.data);
  if (!parsed.success) {
    const [issue] = parsed.error.issues;
    return invalidField(String(issue.path[0]));
  }
  const { from, to, subject, html, text } = parsed.data;
  if (!ADDRESS.test(from)) return invalidField("from");
  const areGood = to.length >= 1 && to.length <= MOST_RECIPIENTS &&
    to.every((address) => ADDRESS.test(address));
  if (!areGood) return invalidField("to");
  // In a header a line break would begin the next one.
  if (/[\r\n]/.test(subject)) return invalidField("subject");
  if (html === "" && text === "") {
    return unprocessable(
      "missing_required_field",
      "Missing `html` or `text` field.",
    );
  }
  return { email: { from, to, subject, html, text } };
}

function invalidField(name: string): { readonly error: ResendError } {
  return unprocessable("validation_error", `Invalid \`${name}\` field.`);
}

function unprocessable(
  name: string,
  message: string,
): { readonly error: ResendError } {
  return { error: { statusCode: 422, name, message } };
}
