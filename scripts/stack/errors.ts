/**
 * A failure that a person can do something about.
 *
 * Its message is one or two sentences that name what is wrong and what to do,
 * and is printed without a stack trace.
 */
export class StackError extends Error {
  override name = "StackError";
}
