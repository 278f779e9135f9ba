/** Why there is no answer that can be shown. */
export type FailureKind =
  /** Nothing answers at the address of the functions. */
  | "unreachable"
  /** Nobody is signed in, or the cookie or token is no longer valid. */
  | "signed_out"
  /** The key of the process was refused by the functions. */
  | "key_refused"
  /** The platform has answered for a function that is not there, or does not start. */
  | "function_down"
  | "forbidden"
  | "not_found"
  /** The functions answered with an error. */
  | "refused";

/** An error that the page shows in words. */
export class Failure extends Error {
  override readonly name = "Failure";
  readonly kind: FailureKind;
  /** As the function named it. */
  readonly code: string;
  /** The function that was asked; null for the Data API. */
  readonly slug: string | null;
  readonly status: number | null;
  /** How long the server asks to wait, in milliseconds. */
  readonly retryAfterMs: number | null;

  constructor(
    kind: FailureKind,
    message: string,
    { code = kind, slug = null, status = null, retryAfterMs = null }: {
      code?: string;
      slug?: string | null;
      status?: number | null;
      retryAfterMs?: number | null;
    } = {},
  ) {
    super(message);
    this.kind = kind;
    this.code = code;
    this.slug = slug;
    this.status = status;
    this.retryAfterMs = retryAfterMs;
  }
}

interface ErrorBody {
  readonly error?: { readonly message?: string; readonly code?: string };
  /** As the Data API says it. */
  readonly message?: string;
  readonly code?: string;
}

const KINDS: Readonly<Record<number, FailureKind>> = {
  401: "signed_out",
  403: "forbidden",
  404: "not_found",
  502: "unreachable",
  504: "unreachable",
};

/**
 * @param slug the function that was asked; null for the Data API.
 * @returns the failure that an answer with an error status stands for.
 */
export async function failureOf(
  response: Response,
  slug: string | null = null,
): Promise<Failure> {
  const body: ErrorBody = await response.json().catch(() => ({}));
  const code = body.error?.code ?? body.code;
  // Our functions answer with `error`; the platform in their place does not.
  const isDown = slug !== null && body.error === undefined &&
    body.code !== undefined &&
    [404, 500, 502, 503, 546].includes(response.status);
  const kind = code === "key_refused"
    ? code
    : isDown
    ? "function_down"
    : code === undefined && response.status >= 404
    // Not one of the functions has answered, but a gateway or a file server.
    ? "unreachable"
    : KINDS[response.status] ?? "refused";
  const seconds = Number(response.headers.get("Retry-After") ?? NaN);
  return new Failure(
    kind,
    body.error?.message ?? body.message ??
      `The server answered ${response.status}.`,
    {
      code,
      slug,
      status: response.status,
      retryAfterMs: Number.isFinite(seconds) ? seconds * 1000 : null,
    },
  );
}
