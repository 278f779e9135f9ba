/** Why no job was created, in sentences for the user. */
export class NewJobError extends Error {
  override readonly name = "NewJobError";
}
