import postgres from "postgres";

/**
 * Waits for a statement to fail, and returns its error.
 *
 * @throws Error when it succeeds, and what it threw when that did not come from
 *   the database.
 */
export async function failureOf(
  statement: Promise<unknown>,
): Promise<{ readonly code: string; readonly message: string }> {
  try {
    await statement;
  } catch (error) {
    if (error instanceof postgres.PostgresError) return error;
    throw error;
  }
  throw new Error("The statement did not fail.");
}
