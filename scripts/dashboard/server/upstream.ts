/** A project, as the process asks it. */
export interface Project {
  readonly functionsUrl: string;
  /** A job key. */
  readonly key: string;
  readonly restUrl: string;
  /** A secret key of the project; null: agencies and installments are not shown. */
  readonly secretKey: string | null;
}

// Longer than the functions wait for the database, and for a run.
const READING_TIMEOUT_MS = 20_000;
const CONTROL_TIMEOUT_MS = 40_000;

const READS = ["check-job-health", "job-logs"];

/** What may be read of the project through the Data API, and nothing else. */
export const TABLES = ["agencies"];
export const RPCS: readonly string[] = [
  "list_agencies",
  "agency_report",
  "changed_clocks",
  "find_installments",
  "installment_report",
  "preview_overdue",
  "correct_overdue",
];

/** Sends a request on to the project. */
export interface Upstream {
  /** Reads a report. It never raises and never delivers an alert. */
  read(name: string, query: URLSearchParams): Promise<Response>;
  control(body: string): Promise<Response>;
  rows(table: string, query: URLSearchParams): Promise<Response>;
  rpc(name: string, body: string): Promise<Response>;
}

/** Creates the way to a project. It answers 404 for what is not offered. */
export function createUpstream(
  project: Project,
  send: typeof fetch = fetch,
): Upstream {
  const headers = { "X-API-Key": project.key };
  const ask = async (
    url: string,
    { timeoutMs = READING_TIMEOUT_MS, ...init }: RequestInit & {
      timeoutMs?: number;
    },
  ): Promise<Response> => {
    let response: Response;
    try {
      response = await send(url, {
        ...init,
        // The key goes to this address and to no other.
        redirect: "error",
        signal: AbortSignal.timeout(timeoutMs),
      });
      return await passedOn(response);
    } catch (error) {
      const timedOut = error instanceof DOMException &&
        error.name === "TimeoutError";
      return refusal(
        timedOut ? 504 : 502,
        "functions_unreachable",
        timedOut
          ? `${project.functionsUrl} did not answer in ${
            timeoutMs / 1000
          } seconds.`
          : `Nothing answers at ${project.functionsUrl}.`,
      );
    }
  };
  const data = (path: string, init: RequestInit) =>
    project.secretKey === null
      ? refusal(404, "not_offered", "This process has no secret key.")
      : ask(`${project.restUrl}/${path}`, {
        ...init,
        headers: { ...init.headers, apikey: project.secretKey },
      });

  return {
    async read(name, query) {
      if (!READS.includes(name)) return notOffered();
      if (name === "check-job-health") query.set("dryRun", "true");
      return await ask(`${project.functionsUrl}/${name}?${query}`, { headers });
    },
    control: (body) =>
      ask(`${project.functionsUrl}/job-control`, {
        method: "POST",
        headers: { ...headers, "Content-Type": "application/json" },
        body,
        timeoutMs: CONTROL_TIMEOUT_MS,
      }),
    rows: async (table, query) =>
      TABLES.includes(table)
        ? await data(`${table}?${query}`, {})
        : notOffered(),
    rpc: async (name, body) =>
      RPCS.includes(name)
        ? await data(`rpc/${name}`, {
          method: "POST",
          headers: { "Content-Type": "application/json" },
          body,
        })
        : notOffered(),
  };
}

async function passedOn(response: Response): Promise<Response> {
  const type = response.headers.get("Content-Type") ?? "";
  if (!type.includes("json")) {
    await response.body?.cancel();
    return refusal(
      502,
      "functions_unreachable",
      `The functions do not answer: something else answered ${response.status}.`,
    );
  }
  const body = await response.text();
  if (response.status === 401) {
    return refusal(
      401,
      "key_refused",
      "The functions refuse the key of this process.",
    );
  }
  const retryAfter = response.headers.get("Retry-After");
  return new Response(body, {
    status: response.status,
    headers: {
      "Content-Type": "application/json",
      ...retryAfter !== null && { "Retry-After": retryAfter },
    },
  });
}

function notOffered(): Response {
  return refusal(404, "not_offered", "This process does not offer that.");
}

/** @returns an error in the form of the functions. */
export function refusal(
  statusCode: number,
  code: string,
  message: string,
): Response {
  return Response.json({ error: { message, code, statusCode } }, {
    status: statusCode,
  });
}
