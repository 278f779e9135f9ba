/** Why no job was made, in sentences for whoever asked for it. */
export class NewJobError extends Error {
  override readonly name = "NewJobError";
}
