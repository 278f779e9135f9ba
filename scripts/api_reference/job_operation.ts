import { z } from "zod";
import { jobResult } from "../../supabase/functions/_shared/jobs/run-outcome.ts";
import { triggerBody } from "../../supabase/functions/_shared/jobs/trigger.ts";
import { errorAnswer, methodNotAllowed } from "./errors.ts";
import { json, type Operation } from "./operation.ts";
import { databaseHeader, otherDatabase } from "./other_database.ts";

/** The ids of the examples. */
const RUN_ID = "e9bb3fa0-c0cb-4e65-92ec-df586f6467a8";
export const AGENCY_ID = "4d4a66a6-3c0f-4b3a-9a56-0f7f9d4c6f10";

/** What is said of one job, or of all. */
interface JobDescription
  extends Pick<Operation, "slug" | "summary" | "description"> {
  /** The part of the path that the caller chooses. */
  readonly path?: z.ZodObject;
  /** The fields of the answer that only this job has. */
  readonly fields: z.ZodRawShape;
  /** An example of them, and of `recordsUpdated`. */
  readonly example: object;
}

/** @returns the operation that runs a job: who may, and what may come of it. */
export function jobOperation(
  { path, fields, example: ownExample, ...described }: JobDescription,
): Operation {
  const result = jobResult(fields);
  const example = {
    runId: RUN_ID,
    ...ownExample,
    errors: [],
    attempts: 1,
    durationMs: 107,
  };
  const call = 'curl -X POST "$FUNCTIONS_URL/' +
    `${described.slug.replace("{job}", "$JOB")}" \\\n` +
    '  -H "X-API-Key: $JOBS_API_KEY"';
  return {
    ...described,
    method: "post",
    credentials: ["jobKey", "jobKeyAsBearer", "secretKey", "secretKeyAsBearer"],
    parameters: {
      ...path && { path },
      header: z.object({
        "X-Run-Id": z.guid().optional().describe(
          "The id for the run. A second request with the same id starts no " +
            "second run: while the first works it gets 409, and afterwards " +
            "the same answer. Default: a new one.",
        ),
        "X-Database": databaseHeader,
      }),
    },
    body: json(triggerBody, { triggerSource: "manual" }),
    answers: [
      {
        status: 200,
        when: "The run succeeded.",
        content: [json(
          z.object({ success: z.literal(true), ...result.shape }),
          { success: true, ...example },
        )],
      },
      errorAnswer({
        status: 400,
        when: "The request is not valid. There is no run.",
        codes: {
          invalid_body: "The body has an unknown field or a wrong value.",
          invalid_json: "The body is not JSON.",
          invalid_run_id: "X-Run-Id is not a UUID.",
        },
        message: 'The body is not as expected: Unrecognized key: "surprise"',
      }),
      errorAnswer({
        status: 401,
        when: "There is no valid key. There is no run.",
        codes: {
          unauthorized: "A job key or a secret key of the project is needed; " +
            "a read key is not enough.",
        },
        message: "A valid job key is required, in the header X-API-Key or as " +
          "Authorization: Bearer; or a secret key of the project, in apikey " +
          "or as Authorization: Bearer.",
      }),
      methodNotAllowed("POST, OPTIONS"),
      errorAnswer({
        status: 409,
        when: "There was nothing to do; `runId` names the run in question.",
        codes: {
          already_running: "Another run of the job is under way, or another " +
            "request works on this one.",
          run_of_another_job: "The run with this id is another job's.",
        },
        message: `The job is already running: run ${RUN_ID} holds it.`,
        beside: {
          schema: result.pick({ runId: true }),
          example: { runId: RUN_ID },
        },
      }),
      errorAnswer({
        status: 413,
        when: "The body has more than 16 KiB. There is no run.",
        codes: { body_too_large: "An empty body is enough." },
        message: "The body may have at most 16384 bytes.",
      }),
      otherDatabase("There is no run."),
      errorAnswer({
        status: 500,
        when: "The run failed and is logged as failed, unless the code says " +
          "otherwise. What it did until then stands beside the error.",
        codes: {
          run_failed: "The run ended as failed.",
          run_not_started: "The database could not log its start.",
          run_no_longer_running:
            "The run was ended while it was at work: cancelled, or past its max_runtime.",
          run_left_running:
            "The database could not log its end; the supervisor will.",
          internal_error: "The function failed; its log says why.",
        },
        message: "2 of 3 items failed",
        beside: {
          schema: result,
          example: {
            ...example,
            errors: [
              { id: AGENCY_ID, name: "Agency A", error: "division by zero" },
            ],
          },
        },
      }),
      errorAnswer({
        status: 503,
        when: "A setting is missing.",
        codes: {
          not_configured:
            "The server has no job key, so that none is accepted. A secret " +
            "key of the project still is.",
        },
        message: "No job key is configured on the server, so every key is " +
          "refused. Choose a long random key and set it with: supabase secrets " +
          "set JOBS_API_KEY=<key>",
      }),
    ],
    calls: [
      { purpose: "Run the job", command: call },
      {
        purpose: "With an id of your own, so that it can be repeated safely",
        command: `${call} \\\n` +
          '  -H "X-Run-Id: $(cat /proc/sys/kernel/random/uuid)"',
      },
    ],
  };
}
