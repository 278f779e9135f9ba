import type { z } from "zod";

/** How a caller authenticates; the names are those in the document. */
export type Credential =
  | "jobKey"
  | "jobKeyAsBearer"
  | "readKey"
  | "readKeyAsBearer"
  | "secretKey"
  | "adminToken";

/** The credentials of anyone who may read. */
export const READERS: readonly Credential[] = [
  "readKey",
  "readKeyAsBearer",
  "secretKey",
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

/** A call that can be copied into a shell. */
export interface Call {
  /** What it is for, as a short phrase. */
  readonly purpose: string;
  readonly command: string;
}

/** A value that a request carries in its path or a header. */
export interface NamedValue {
  readonly name: string;
  readonly meaning: string;
  readonly schema: z.ZodType;
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
  /** The parts of the path that the caller chooses. */
  readonly path?: readonly NamedValue[];
  /** The schema that the function reads its query with. */
  readonly query?: z.ZodType;
  /** The headers that it reads, credentials aside. */
  readonly headers?: readonly NamedValue[];
  /** The schema that the function reads its body with. */
  readonly body?: Content;
  readonly answers: readonly Answer[];
  readonly calls: readonly Call[];
}
