import { keys, urls } from "./stack.ts";

/** What the job function answered. */
export interface Answer {
  readonly status: number;
  readonly headers: Headers;
  // deno-lint-ignore no-explicit-any -- tests look into answers of all forms
  readonly body: any;
}

/** A request to the function of the main job, by default a good one. */
export interface JobRequest {
  readonly method?: string;
  /** `null` sends no key. Default: the key of the stack. */
  readonly key?: string | null;
  /** Added to the others. */
  readonly headers?: Readonly<Record<string, string>>;
  readonly runId?: string;
  readonly body?: string;
  /** Default: the function on the stack. */
  readonly url?: string;
}

/** Calls the function of the main job over HTTP. */
export async function callJob(request: JobRequest = {}): Promise<Answer> {
  const key = request.key === undefined
    ? (await keys()).jobsApiKey
    : request.key;
  const headers = new Headers({
    "Content-Type": "application/json",
    ...request.headers,
  });
  if (key !== null) headers.set("X-API-Key", key);
  if (request.runId !== undefined) headers.set("X-Run-Id", request.runId);
  const response = await fetch(
    request.url ?? `${urls.functionsUrl}/update-installment-statuses`,
    { method: request.method ?? "POST", headers, body: request.body },
  );
  const text = await response.text();
  return {
    status: response.status,
    headers: response.headers,
    body: text === "" ? null : JSON.parse(text),
  };
}
