import { errorAnswer } from "../http/errors.ts";

/** Answers a question about a job that there is not: 404 `unknown_job`. */
export function unknownJobAnswer(jobName: string): Response {
  return errorAnswer({
    statusCode: 404,
    code: "unknown_job",
    message: `There is no job ${jobName}: none is registered or logged under ` +
      "this name.",
  });
}
