import type { Answer, ServiceRequest } from "./local_service.ts";
import { type Email, readEmail } from "./resend_email.ts";
import { type Fault, refusal } from "./scenario.ts";
import { type Call, type StandIn, startStandIn } from "./stand_in.ts";

const API_KEY = "re_standin_key_of_the_stand_in";

/** One call of `POST /emails`; its key, if any, identifies the message. */
export interface ResendCall extends Call {
  /** `null` when it was no mail that Resend could read. */
  readonly email: Email | null;
  readonly idempotencyKey: string | null;
}

/** Stands in for Resend's API. */
export interface ResendStandIn extends StandIn<ResendCall> {
  /** For `RESEND_BASE_URL`. */
  readonly baseUrl: string;
  /** For `RESEND_API_KEY`. */
  readonly apiKey: string;
}

/** The errors of Resend's API that do not come from the request itself. */
export const resendRefusals = {
  applicationError: error(
    500,
    "application_error",
    "An unexpected error occurred.",
  ),
  domainNotVerified: error(
    403,
    "validation_error",
    "The domain is not verified.",
  ),
  invalidRecipient: error(422, "validation_error", "Invalid `to` field."),
  /** Of the day: nothing more is taken until tomorrow. */
  quotaExceeded: error(
    429,
    "daily_quota_exceeded",
    "You have reached your daily email sending quota.",
  ),
  /** @param seconds to wait, in `retry-after`. */
  rateLimited(seconds: number): Fault {
    const headers = { "retry-after": String(seconds) };
    return error(429, "rate_limit_exceeded", "Too many requests.", headers);
  },
};

interface Sending {
  readonly body: string;
  readonly state: "under way" | "refused" | "accepted";
  readonly id: string;
}

// Of these Resend keeps no mail under the key.
const FORGOTTEN: ReadonlySet<number> = new Set([401, 429]);

/**
 * Starts a server that answers as Resend's `POST /emails` does: it sends one
 * mail per idempotency key, whose id it gives again when the call is repeated.
 * A mail that it refused keeps its key too: only the same one may have it again.
 */
export async function startResend(): Promise<ResendStandIn> {
  const sendings = new Map<string, Sending>();

  function begin(key: string, { body, over }: ServiceRequest): void {
    const sending: Sending = { body, state: "under way", id: "" };
    sendings.set(key, sending);
    over.then(() => {
      if (sendings.get(key) === sending) sendings.delete(key);
    });
  }

  const standIn = await startStandIn<ResendCall>((request, planned) => {
    const key = request.headers["idempotency-key"] ?? null;
    const reading = readEmail(request.body);
    const email = "email" in reading ? reading.email : null;
    const message = key ?? request.body;
    const known = key === null ? undefined : sendings.get(key);
    // The scenario speaks of a server that cannot even look.
    const fault = refusalOf(request) ??
      ("error" in reading ? error(422, ...reading.error) : null) ??
      planned(message) ?? conflictWith(known, request.body);
    const accepted = fault?.accepts ?? true;
    const isNew = known === undefined || known.state === "refused";
    const id = isNew ? crypto.randomUUID() : known.id;
    if (key !== null && isNew) {
      if (accepted) {
        sendings.set(key, { body: request.body, state: "accepted", id });
      } else if (fault?.reply === "hang") begin(key, request);
      else if (known === undefined && isRemembered(fault)) {
        sendings.set(key, { body: request.body, state: "refused", id: "" });
      }
    }
    return {
      call: {
        message,
        email,
        text: email === null ? "" : `${email.subject}\n${email.text}`,
        idempotencyKey: key,
        delivered: accepted && isNew,
      },
      fault,
      usual: json(200, { id }),
    };
  });
  return { ...standIn, baseUrl: standIn.origin, apiKey: API_KEY };
}

function refusalOf({ method, path, headers }: ServiceRequest): Fault | null {
  if (path !== "/emails") {
    return error(404, "not_found", "The requested endpoint does not exist.");
  }
  if (method !== "POST") {
    return error(405, "method_not_allowed", "Method is not allowed.");
  }
  const [scheme, key] = headers.authorization?.split(" ") ?? [];
  if (scheme !== "Bearer" || key === undefined || key === "") {
    return error(401, "missing_api_key", "Missing API key.");
  }
  if (key !== API_KEY) {
    return error(403, "invalid_api_key", "API key is invalid.");
  }
  const idempotencyKey = headers["idempotency-key"];
  const isKey = idempotencyKey === undefined ||
    (idempotencyKey.length >= 1 && idempotencyKey.length <= 256);
  return isKey ? null : error(
    400,
    "invalid_idempotency_key",
    "The key must be between 1-256 chars.",
  );
}

function isRemembered(fault: Fault | null): boolean {
  const reply = fault?.reply;
  return typeof reply === "object" && "status" in reply &&
    reply.status >= 400 && reply.status < 500 && !FORGOTTEN.has(reply.status);
}

function conflictWith(
  known: Sending | undefined,
  body: string,
): Fault | null {
  if (known === undefined) return null;
  if (known.body !== body) {
    return error(
      409,
      "invalid_idempotent_request",
      "Same idempotency key used with a different request payload.",
    );
  }
  return known.state !== "under way" ? null : error(
    409,
    "concurrent_idempotent_requests",
    "Same idempotency key used while original request is still in progress.",
  );
}

function error(
  statusCode: number,
  name: string,
  message: string,
  headers: Readonly<Record<string, string>> = {},
): Fault {
  const body = { statusCode, name, message };
  return refusal(name, json(statusCode, body, headers));
}

function json(
  status: number,
  body: unknown,
  headers: Readonly<Record<string, string>> = {},
): Answer {
  return {
    status,
    body: JSON.stringify(body),
    headers: { "Content-Type": "application/json", ...headers },
  };
}
