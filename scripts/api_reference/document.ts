import { z } from "zod";
import {
  type Answer,
  type Content,
  CREDENTIALS,
  type Operation,
} from "./operation.ts";
import { OPERATIONS } from "./operations.ts";
import { jsonSchema, namedSchemas } from "./schemas.ts";

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
      securitySchemes: Object.fromEntries(
        Object.entries(CREDENTIALS).map(([name, { scheme, description }]) => [
          name,
          { ...scheme, description },
        ]),
      ),
    },
  };
}

const objectSchema = z.object({
  properties: z.record(z.string(), z.record(z.string(), z.unknown())),
  required: z.array(z.string()).default([]),
});

/** @returns the parameters of an operation, as OpenAPI describes them. */
export function parametersOf({ parameters }: Operation) {
  return Object.entries(parameters).flatMap(([place, values]) => {
    const { properties, required } = objectSchema.parse(jsonSchema(values));
    return Object.entries(properties).map((
      [name, { description, ...schema }],
    ) => ({
      name,
      in: place,
      required: required.includes(name),
      description: String(description),
      schema,
    }));
  });
}

function operationObject(operation: Operation) {
  const { slug, summary, description, credentials, body, answers } = operation;
  return {
    operationId: slug.replace(/[{}]/g, ""),
    summary,
    description,
    security: credentials.map((name) => ({ [name]: [] })),
    parameters: parametersOf(operation),
    ...body && { requestBody: { content: mediaTypes([body]) } },
    responses: Object.fromEntries(
      answers.map((answer) => [answer.status, responseObject(answer)]),
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
