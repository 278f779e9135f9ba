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

/** A mail, or what Resend says against it: the error's name and message. */
export type EmailReading =
  | { readonly email: Email }
  | { readonly error: readonly [name: string, message: string] };

const address = z.string().regex(ADDRESS);

const shape = z.object({
  from: address,
  to: z.union([z.string(), z.array(z.string())])
    .transform((to) => [to].flat())
    .pipe(z.array(address).min(1).max(MOST_RECIPIENTS)),
  // In a header a line break would begin the next one.
  subject: z.string().regex(/^[^\r\n]*$/),
  html: z.string().default(""),
  text: z.string().default(""),
});

/** Reads the body of `POST /emails` as Resend does, or says what is wrong. */
export function readEmail(body: string): EmailReading {
  const fields = z.record(z.string(), z.unknown()).safeParse(parseJson(body));
  if (!fields.success) {
    return { error: ["validation_error", "The body is not a JSON object."] };
  }
  for (const name of ["from", "to", "subject"]) {
    if (fields.data[name] === undefined) return missing(`\`${name}\``);
  }
  const parsed = shape.safeParse(fields.data);
  if (!parsed.success) {
    const [field] = parsed.error.issues[0].path;
    return {
      error: ["validation_error", `Invalid \`${String(field)}\` field.`],
    };
  }
  const { html, text } = parsed.data;
  if (html === "" && text === "") return missing("`html` or `text`");
  return { email: parsed.data };
}

function missing(names: string): EmailReading {
  return { error: ["missing_required_field", `Missing ${names} field.`] };
}
