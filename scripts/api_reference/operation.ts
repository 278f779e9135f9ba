import type { z } from "zod";

const inXApiKey = { type: "apiKey", in: "header", name: "X-API-Key" };
const asBearer = { type: "http", scheme: "bearer" };

/** The ways to authenticate: in words, and as security schemes of OpenAPI. */
export const CREDENTIALS = {
  jobKey: {
    words: "a job key in `X-API-Key`",
    scheme: inXApiKey,
    description: "A job key: one of `JOBS_API_KEY`. It may also read.",
  },
  jobKeyAsBearer: {
    words: "a job key as `Authorization: Bearer`",
    scheme: asBearer,
    description: "A job key.",
  },
  readKey: {
    words: "a read key or a job key in `X-API-Key`",
    scheme: inXApiKey,
    description: "A read key, one of `JOBS_READ_KEY`, or a job key.",
  },
  readKeyAsBearer: {
    words: "a read key or a job key as `Authorization: Bearer`",
    scheme: asBearer,
    description: "A read key or a job key, as Prometheus sends it.",
  },
  secretKey: {
    words: "a secret key of the project in `apikey`",
    scheme: { ...inXApiKey, name: "apikey" },
    description: "A secret key of the Supabase project.",
  },
  secretKeyAsBearer: {
    words: "a secret key of the project as `Authorization: Bearer`",
    scheme: asBearer,
    description: "A secret key of the Supabase project.",
  },
  adminToken: {
    words: "the token of a signed-in admin as `Authorization: Bearer`",
    scheme: { ...asBearer, bearerFormat: "JWT" },
    description: "The token of a signed-in user with the role `admin`.",
  },
};

/** How a caller authenticates; the names are those in the document. */
export type Credential = keyof typeof CREDENTIALS;

/** The credentials of anyone who may read. */
export const READERS: readonly Credential[] = [
  "readKey",
  "readKeyAsBearer",
  "secretKey",
  "secretKeyAsBearer",
  "adminToken",
];

/** What a request or an answer carries. */
export interface Content {
  /** Such as `application/json`. */
  readonly type: string;
  readonly schema: z.ZodType;
  /** True to the schema; a test compares them. */
  readonly example: unknown;
}

/** One of the answers that an operation gives. */
export interface Answer {
  readonly status: number;
  /** A sentence. */
  readonly when: string;
  readonly content: readonly Content[];
  /** For an error: what `error.code` may be, and what each means. */
  readonly codes?: Readonly<Record<string, string>>;
}

/** What one Edge Function offers. */
export interface Operation {
  /** The function's name, which is its path; `{name}` for a part of it. */
  readonly slug: string;
  readonly method: "get" | "post";
  readonly summary: string;
  /** Paragraphs of Markdown. */
  readonly description: string;
  readonly credentials: readonly Credential[];
  /** Objects of the parameters, by their place; credentials aside. */
  readonly parameters: Partial<Record<"path" | "query" | "header", z.ZodType>>;
  /** The schema that the function reads its body with. */
  readonly body?: Content;
  /** The success first. */
  readonly answers: readonly Answer[];
  /** Calls that can be copied into a shell, each with a phrase of its purpose. */
  readonly calls: readonly {
    readonly purpose: string;
    readonly command: string;
  }[];
}

/** @returns what an operation answers when it succeeds; of several forms the first. */
export function successOf({ answers }: Operation): Content {
  return answers[0].content[0];
}

/** @returns JSON that is sent. */
export function json(schema: z.ZodType, example: unknown): Content {
  return { type: "application/json", schema, example };
}

/** @returns a call of a function that reads. @param address query included. */
export function readingCall(purpose: string, address: string) {
  const command = `curl "$FUNCTIONS_URL/${address}" \\\n` +
    '  -H "X-API-Key: $JOBS_READ_KEY"';
  return { purpose, command };
}
