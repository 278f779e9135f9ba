import { RequestError } from "../http/errors.ts";

/** @returns the error for a job that does not exist: 404 `unknown_job`. */
export function unknownJob(jobName: string): RequestError {
  return new RequestError(
    404,
    "unknown_job",
    `There is no job ${jobName}: none is registered or logged under this name.`,
  );
}
