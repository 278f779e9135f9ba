/**
 * Thrown when the same may succeed a little later: a service is busy, or a
 * connection broke. A run, or the item that it
 * is thrown in, is then repeated; every other error is final.
 */
export class TransientError extends Error {
  override readonly name = "TransientError";
  /** How long the service asked to be left alone, in seconds. */
  readonly retryAfterSeconds: number | undefined;

  /** @param message what failed, for an engineer and without a credential. */
  constructor(
    message: string,
    { retryAfterSeconds, ...options }: ErrorOptions & {
      readonly retryAfterSeconds?: number | undefined;
    } = {},
  ) {
    super(message, options);
    this.retryAfterSeconds = retryAfterSeconds;
  }
}
