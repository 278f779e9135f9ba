/**
 * Why a command cannot do what was asked. Its message is a sentence or two for
 * the operator, printed without a stack trace, and holds no key.
 */
export class JobsError extends Error {
  override readonly name: string = "JobsError";
}
