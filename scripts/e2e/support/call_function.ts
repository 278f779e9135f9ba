import type { Answer } from "./functions.ts";
import { urls } from "./stack.ts";

/** A request to an Edge Function; without headers it has no credentials. */
export interface FunctionRequest {
  /** Default: GET. */
  readonly method?: string;
  /** Such as `?dryRun=true`. */
  readonly query?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
}

/**
 * Calls an Edge Function over HTTP.
 *
 * @param slug the name of the function.
 */
export async function callFunction(
  slug: string,
  { method = "GET", query = "", headers = {}, body }: FunctionRequest = {},
): Promise<Answer> {
  const response = await fetch(`${urls.functionsUrl}/${slug}${query}`, {
    method,
    headers,
    ...body !== undefined && { body },
  });
  const text = await response.text();
  return {
    status: response.status,
    headers: response.headers,
    body: text === "" ? null : JSON.parse(text),
  };
}
