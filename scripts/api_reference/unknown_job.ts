/** The answer to a question about a job that does not exist. */
export const unknownJob = {
  status: 404,
  when: "There is no such job.",
  codes: { unknown_job: "No job is registered or logged under this name." },
  message: "There is no job mistyped: none is registered or logged under " +
    "this name.",
} as const;
