import { action } from "../../../supabase/functions/job-control/action.ts";
import { controlBody } from "../../../supabase/functions/job-control/request.ts";
import { errorAnswer, methodNotAllowed } from "../errors.ts";
import { json, type Operation } from "../operation.ts";

const JOB = "update-installment-statuses";

/** @returns a call with a body. @param fields of it, as JSON. */
function call(purpose: string, fields: string) {
  const command = 'curl -X POST "$FUNCTIONS_URL/job-control" \\\n' +
    '  -H "X-API-Key: $JOBS_API_KEY" \\\n' +
    `  -d '${fields}'`;
  return { purpose, command };
}

const body = (fields: object) => JSON.stringify(fields);

export const jobControl: Operation = {
  slug: "job-control",
  method: "post",
  summary:
    "Run, pause, resume, reschedule or snooze a job; cancel a run; test the alerts",
  description: [
    "Does what an operator asks. Each action leaves a row in `jobs.actions`. " +
    "Who asked comes from the credential: `job key`, `secret key`, or the " +
    "email address of the admin. A request that changes nothing is answered " +
    "with `changed: false` and leaves no row.",
    "- `run`: `jobName`, `reason` (optional). Starts the job, paused or not, and " +
    "waits for 10 seconds; a run that takes longer goes on.\n" +
    "- `pause`: `jobName`, `reason`, `until` (optional).\n" +
    "- `resume`: `jobName`, `reason` (optional).\n" +
    "- `reschedule`: `jobName`, `schedule`, `expectedIntervalMinutes` (optional), " +
    "`reason` (optional). Changes when pg_cron starts the job.\n" +
    "- `snooze`: `jobName`, `reason`, `until` (within 30 days).\n" +
    "- `unsnooze`: `jobName`, `reason` (optional).\n" +
    "- `cancel`: `runId`, `reason`. `endedAt` is null while the batch in hand " +
    "still has the run.\n" +
    "- `restore_schedule`: `jobName` (default: every job, and the entries that " +
    "watch over them), `reason` (optional). Puts the pg_cron entry back as the " +
    "job is registered.\n" +
    "- `retry_alerts`: `channel` (default: all), `reason` (optional). Sends " +
    "again what was given up in 24 hours.\n" +
    "- `test_alert`: `reason` (optional). Sends one test through every alert " +
    "channel and the last resort, waits for 20 seconds, and answers with " +
    "`channels`, `lastResort` and `problems`: what arrived where, and why not.",
    "[Operate the jobs](../../how-to/operate-jobs.md) says what each one does.",
  ].join("\n\n"),
  credentials: [
    "jobKey",
    "jobKeyAsBearer",
    "secretKey",
    "secretKeyAsBearer",
    "adminToken",
  ],
  parameters: {},
  body: json(controlBody, {
    action: "pause",
    jobName: JOB,
    reason: "The bank is closed.",
  }),
  answers: [
    {
      status: 200,
      when: "It is done, or was so already.",
      content: [json(action, {
        action: "pause",
        jobName: JOB,
        runId: null,
        channel: null,
        reason: "The bank is closed.",
        requestedBy: "ada@school.example",
        requestedAt: "2026-11-22T07:00:00.051+00:00",
        until: null,
        endedAt: null,
        changed: true,
      })],
    },
    errorAnswer({
      status: 400,
      when: "The request is not valid. Nothing has changed.",
      codes: {
        invalid_body: "A field is missing, unknown or wrong.",
        invalid_json: "The body is not JSON.",
      },
      message: "The body is not as expected: reason: is required: a text " +
        "that says why",
    }),
    errorAnswer({
      status: 401,
      when: "There are no credentials, or they are not valid.",
      codes: { unauthorized: "A job key or a token is needed." },
      message: "This takes a job key, in X-API-Key or as Authorization: " +
        "Bearer; or a secret key of the project in apikey; or the token of a " +
        "signed-in admin as Authorization: Bearer.",
    }),
    errorAnswer({
      status: 403,
      when: "The key is a read key, or the user is not an admin.",
      codes: { forbidden: "A job key or the role admin is needed." },
      message: "You are signed in, but only an admin may do this. An admin " +
        "has a row with the role admin in user_roles.",
    }),
    errorAnswer({
      status: 404,
      when: "What the action is about does not exist.",
      codes: {
        unknown_job: "No job is registered under this name.",
        unknown_run: "No run has this id.",
        unknown_channel: "No channel has this name.",
      },
      message: "There is no job mistyped.",
    }),
    methodNotAllowed("POST, OPTIONS"),
    errorAnswer({
      status: 409,
      when: "The job or the run is not in a state for it.",
      codes: {
        already_running: "Another run of the job is under way.",
        run_already_finished: "The run has ended.",
        conflict: "The database refused it.",
      },
      message: "The job is already running: run " +
        "e9bb3fa0-c0cb-4e65-92ec-df586f6467a8 holds it.",
    }),
    errorAnswer({
      status: 413,
      when: "The body has more than 16 KiB.",
      codes: { body_too_large: "A reason has at most 500 characters." },
      message: "The body may have at most 16384 bytes.",
    }),
    errorAnswer({
      status: 500,
      when: "The server is set up wrongly or has a fault.",
      codes: {
        database_error: "The database refused the question.",
        internal_error: "The function failed; its log says why.",
      },
      message: "The database refused the question: permission denied for " +
        "function control_job (42501).",
    }),
    errorAnswer({
      status: 503,
      when: "The fault is temporary, or a setting is missing.",
      codes: {
        database_unavailable: "The database does not answer.",
        sign_in_unavailable: "No token can be verified at the moment.",
        not_configured: "The server has no job key, so that none is accepted.",
      },
      message: "The database does not answer: Connection refused (network).",
    }),
  ],
  calls: [
    call(
      "Pause a job",
      body({ action: "pause", jobName: JOB, reason: "The bank is closed." }),
    ),
    call("Resume it", body({ action: "resume", jobName: JOB })),
    call(
      "Start it every hour, here as it is",
      body({
        action: "reschedule",
        jobName: JOB,
        schedule: "0 7 * * *",
        expectedIntervalMinutes: 1500,
      }),
    ),
    call(
      "Snooze its alerts for four hours",
      `{"action":"snooze","jobName":"${JOB}","reason":"Ada works on it.","until":"'$(date -u -d '+4 hours' +%FT%TZ)'"}`,
    ),
    call("End the snooze", body({ action: "unsnooze", jobName: JOB })),
    call("Run it now", body({ action: "run", jobName: JOB })),
    call(
      "Put its pg_cron entry back",
      body({ action: "restore_schedule", jobName: JOB }),
    ),
    call("Send again what was given up", body({ action: "retry_alerts" })),
    call("Test the alerts", body({ action: "test_alert" })),
  ],
};
