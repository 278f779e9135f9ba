import { z } from "zod";
import type {
  Answer,
  Content,
  Credential,
  NamedValue,
  Operation,
} from "./operation.ts";
import { OPERATIONS } from "./operations.ts";
import { type JsonSchema, jsonSchema, namedSchemas } from "./schemas.ts";

/** A parameter of an operation, as OpenAPI describes it. */
export interface Parameter {
  readonly name: string;
  readonly in: "path" | "query" | "header";
  readonly required: boolean;
  readonly description: string;
  readonly schema: JsonSchema;
}

/** The ways to authenticate, by their names in the document. */
const SECURITY_SCHEMES: Readonly<Record<Credential, object>> = {
  jobKey: {
    type: "apiKey",
    in: "header",
    name: "X-API-Key",
    description: "A job key: one of `JOBS_API_KEY`. It may also read.",
  },
  jobKeyAsBearer: {
    type: "http",
    scheme: "bearer",
    description: "A job key.",
  },
  readKey: {
    type: "apiKey",
    in: "header",
    name: "X-API-Key",
    description: "A read key, one of `JOBS_READ_KEY`, or a job key.",
  },
  readKeyAsBearer: {
    type: "http",
    scheme: "bearer",
    description: "A read key or a job key, as Prometheus sends it.",
  },
  secretKey: {
    type: "apiKey",
    in: "header",
    name: "apikey",
    description: "A secret key of the Supabase project.",
  },
  adminToken: {
    type: "http",
    scheme: "bearer",
    bearerFormat: "JWT",
    description: "The token of a signed-in user with the role `admin`.",
  },
};

/**
 * Describes the Edge Functions in OpenAPI 3.1.
 *
 * @param version of the project.
 */
export function openApiDocument(version: string) {
  return {
    openapi: "3.1.0",
    info: {
      title: "Duewatch",
      version,
      description: "The Edge Functions around the jobs of Duewatch. Answers " +
        'are JSON in camelCase; errors are always `{"error": ' +
        '{"message", "code", "statusCode"}}`. `GET` answers `HEAD` too, and ' +
        "`OPTIONS` needs no credentials. Nothing may be cached.",
    },
    servers: [
      {
        url: "https://{project}.supabase.co/functions/v1",
        variables: { project: { default: "project-ref" } },
      },
      {
        url: "http://127.0.0.1:54321/functions/v1",
        description: "The local stack.",
      },
    ],
    paths: Object.fromEntries(
      OPERATIONS.map((operation) => [
        `/${operation.slug}`,
        { [operation.method]: operationObject(operation) },
      ]),
    ),
    components: {
      schemas: namedSchemas(),
      securitySchemes: SECURITY_SCHEMES,
    },
  };
}

/** @returns the parameters of an operation: in path, query and headers. */
export function parametersOf(
  { path = [], query, headers = [] }: Operation,
): Parameter[] {
  return [
    ...path.map((value) => namedParameter("path", value)),
    ...queryParameters(query),
    ...headers.map((value) => namedParameter("header", value)),
  ];
}

function namedParameter(
  place: "path" | "header",
  { name, meaning, schema }: NamedValue,
): Parameter {
  return {
    name,
    in: place,
    required: place === "path",
    description: meaning,
    schema: jsonSchema(schema),
  };
}

/** @returns the answers of an operation, by their status. */
export function answersOf({ answers }: Operation): Answer[] {
  return answers.toSorted((a, b) => a.status - b.status);
}

const objectSchema = z.object({
  properties: z.record(z.string(), z.record(z.string(), z.unknown())),
  required: z.array(z.string()).default([]),
});

function queryParameters(query: z.ZodType | undefined): Parameter[] {
  if (query === undefined) return [];
  const { properties, required } = objectSchema.parse(jsonSchema(query));
  return Object.entries(properties).map((
    [name, { description = "", ...schema }],
  ) => ({
    name,
    in: "query",
    required: required.includes(name),
    description: String(description),
    schema,
  }));
}

function operationObject(operation: Operation) {
  const { slug, summary, description, credentials, body } = operation;
  return {
    operationId: slug.replace(/[{}]/g, ""),
    summary,
    description,
    security: credentials.map((name) => ({ [name]: [] })),
    parameters: parametersOf(operation),
    ...body && { requestBody: { content: mediaTypes([body]) } },
    responses: Object.fromEntries(
      answersOf(operation).map((answer) => [
        answer.status,
        responseObject(answer),
      ]),
    ),
  };
}

function responseObject({ when, codes = {}, content }: Answer) {
  const meanings = Object.entries(codes).map(([code, meaning]) =>
    `- \`${code}\`: ${meaning}`
  );
  return {
    description: [when, ...meanings].join("\n"),
    content: mediaTypes(content),
  };
}

function mediaTypes(content: readonly Content[]) {
  return Object.fromEntries(
    content.map(({ type, schema, example }) => [
      type,
      { schema: jsonSchema(schema), example },
    ]),
  );
}
