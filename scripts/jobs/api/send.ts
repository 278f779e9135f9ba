import { parseJson } from "../../json/parse_json.ts";
import { messageOf } from "../../process/message_of.ts";
import {
  TimeLimit,
  TimeLimitReached,
} from "../../../supabase/functions/_shared/time-limit.ts";
import { JobsError } from "../errors.ts";
import type { Target } from "../target.ts";

/** A request to one of the functions. */
export interface FunctionRequest {
  readonly method: "GET" | "POST";
  /** The function's name. */
  readonly slug: string;
  readonly query?: Readonly<Record<string, string | undefined>>;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
  /** How long to wait for the whole answer, in milliseconds. */
  readonly timeoutMs: number;
  /** Ends the wait before its time. */
  readonly signal?: AbortSignal;
}

/** What came back. */
export interface Answer {
  readonly status: number;
  readonly headers: Headers;
  /** Undefined when it is not JSON. */
  readonly body: unknown;
}

/** No answer came. */
export class NoAnswer extends JobsError {
  override readonly name = "NoAnswer";

  /** @param mayHaveArrived whether the request may have had an effect. */
  constructor(message: string, readonly mayHaveArrived: boolean) {
    super(message);
  }
}

/**
 * Sends a request to a function of the target.
 *
 * @throws {NoAnswer} when none came, in time or at all.
 * @throws the reason of `signal` when that ends the wait.
 */
export async function send(
  target: Target,
  { method, slug, query = {}, headers, body, timeoutMs, signal }:
    FunctionRequest,
): Promise<Answer> {
  const url = new URL(`${target.functionsUrl}/${slug}`);
  for (const [name, value] of Object.entries(query)) {
    if (value !== undefined) url.searchParams.set(name, value);
  }
  return await sendTo(target, url, {
    method,
    headers: { ...headers, "X-API-Key": target.key },
    body,
    timeoutMs,
    signal,
  });
}

/** A call of a function of the database, through the Data API. */
export interface DataRequest
  extends Pick<FunctionRequest, "timeoutMs" | "signal"> {
  /** The function's name. */
  readonly name: string;
  /** Arguments by name; those that are undefined have their default. */
  readonly args: Readonly<Record<string, unknown>>;
}

/** Calls a function of the target's database. Throws as `send` does. */
export async function sendCall(
  target: Target,
  { name, args, timeoutMs, signal }: DataRequest,
): Promise<Answer> {
  const { key } = target;
  return await sendTo(target, new URL(`${target.dataUrl}/rpc/${name}`), {
    method: "POST",
    headers: {
      "apikey": key,
      "Content-Type": "application/json",
      // The role of an older key is read from it.
      ...key.startsWith("sb_") ? {} : { "Authorization": `Bearer ${key}` },
    },
    body: JSON.stringify(args),
    timeoutMs,
    signal,
  });
}

async function sendTo(
  target: Target,
  url: URL,
  { method, headers, body, timeoutMs, signal }: Omit<
    FunctionRequest,
    "slug" | "query"
  >,
): Promise<Answer> {
  using limit = new TimeLimit(timeoutMs);
  try {
    const response = await fetch(url, {
      method,
      headers,
      ...body !== undefined && { body },
      // The target of a redirect would get the key.
      redirect: "manual",
      signal: AbortSignal.any([limit.signal, ...signal ? [signal] : []]),
    });
    const text = await response.text();
    return {
      status: response.status,
      headers: response.headers,
      body: parseJson(text),
    };
  } catch (error) {
    throw noAnswer(target, error);
  }
}

function noAnswer({ name, advice }: Target, error: unknown): unknown {
  if (error instanceof TimeLimitReached) {
    const seconds = error.milliseconds / 1000;
    return new NoAnswer(
      `${name} has not answered within ${seconds} seconds.`,
      true,
    );
  }
  if (!(error instanceof TypeError)) return error;

  // The message of fetch itself says only that it failed.
  const reason = messageOf(error.cause ?? error);
  const connecting = /client error \(Connect\): (.*)/s.exec(reason);
  return connecting === null
    ? new NoAnswer(`The connection to ${name} broke: ${reason}.`, true)
    : new NoAnswer(
      `${name} cannot be reached: ${connecting[1]}. ${advice}`.trim(),
      false,
    );
}
