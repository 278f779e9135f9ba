import { parametersOf } from "./document.ts";
import {
  type Answer,
  CREDENTIALS,
  type Operation,
  successOf,
} from "./operation.ts";
import { OPERATIONS } from "./operations.ts";
import type { JsonSchema } from "./schemas.ts";

const INTRODUCTION = `# API reference

The Edge Functions, as they are called over HTTP. [openapi.json](openapi.json)
says the same to programs (OpenAPI 3.1). Both are made from the schemas that
check the requests:

    deno run -A scripts/api_reference/main.ts

The calls take their keys and the address from the environment:

\`\`\`sh
export FUNCTIONS_URL="https://<project-ref>.supabase.co/functions/v1"
export JOBS_API_KEY="<job key>"
export JOBS_READ_KEY="<read key>"
export JOB="<name of a job>"
\`\`\`

On the local stack the address is \`http://127.0.0.1:54321/functions/v1\`, and
\`npm run status\` shows the keys.

Answers are JSON in camelCase. Errors are always
\`{"error": {"message", "code", "statusCode"}}\`; \`code\` is stable. \`GET\` answers
\`HEAD\` too. No answer may be cached.
`;

/** Writes the reference for people, in Markdown that is not yet formatted. */
export function referencePage(): string {
  const overview = table(
    ["call", "question"],
    OPERATIONS.map((operation) => [
      `[\`${headingOf(operation)}\`](#${anchorOf(operation)})`,
      operation.summary,
    ]),
  );
  return [INTRODUCTION, overview, ...OPERATIONS.map(section)].join("\n\n");
}

function section(operation: Operation): string {
  const { description, credentials, calls } = operation;
  const answers = operation.answers.toSorted((a, b) => a.status - b.status);
  return [
    `## ${headingOf(operation)}`,
    description,
    `**Who:** ${
      credentials.map((name) => CREDENTIALS[name].words).join("; ")
    }.`,
    ...calls.map(({ purpose, command }) =>
      `${purpose}:\n\n${fenced("sh", command)}`
    ),
    ...requestOf(operation),
    "**Answers:**",
    table(["status", "when", "`error.code`"], answers.map(answerRow)),
    fenced("json", JSON.stringify(successOf(operation).example, null, 2)),
  ].join("\n\n");
}

function requestOf(operation: Operation): string[] {
  const parameters = parametersOf(operation).map((parameter) => [
    `\`${parameter.name}\`${
      parameter.in === "query" ? "" : ` (${parameter.in})`
    }`,
    valuesOf(parameter.schema),
    parameter.description,
  ]);
  const { body } = operation;
  return [
    ...parameters.length === 0
      ? []
      : ["**Parameters:**", table(["name", "value", "meaning"], parameters)],
    ...body === undefined ? [] : [
      `**Body**${body.schema.safeParse({}).success ? " (optional)" : ""}: \`${
        JSON.stringify(body.example)
      }\``,
    ],
  ];
}

function answerRow({ status, when, codes = {} }: Answer): string[] {
  const meanings = Object.entries(codes).map(([code, meaning]) =>
    `\`${code}\`: ${meaning}`
  );
  return [String(status), when, meanings.join("<br>")];
}

/** Says in words which values a schema allows. */
function valuesOf(
  { type, format, enum: values, minimum, maximum, default: standard }:
    JsonSchema,
): string {
  const kind = Array.isArray(values)
    ? values.map((value) => `\`${value}\``).join(", ")
    : format === "date-time"
    ? "instant"
    : format === "uuid"
    ? "UUID"
    : type === "integer"
    ? `${minimum} to ${maximum}`
    : "text";
  return standard === undefined ? kind : `${kind}; default \`${standard}\``;
}

function headingOf({ method, slug }: Operation): string {
  return `${method.toUpperCase()} /${slug}`;
}

// As GitHub makes them.
function anchorOf({ method, slug }: Operation): string {
  return `${method}-${slug.replace(/[{}]/g, "")}`;
}

function fenced(language: string, text: string): string {
  return `\`\`\`${language}\n${text}\n\`\`\``;
}

function table(
  header: readonly string[],
  rows: readonly (readonly string[])[],
): string {
  return [header, header.map(() => "---"), ...rows]
    .map((cells) => `| ${cells.join(" | ")} |`)
    .join("\n");
}
