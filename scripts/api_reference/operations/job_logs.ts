import { page } from "../../../supabase/functions/job-logs/runs.ts";
import { logsQuery } from "../../../supabase/functions/job-logs/query.ts";
import { errorAnswer, readersErrors, unknownJob } from "../errors.ts";
import { json, type Operation, READERS, readingCall } from "../operation.ts";

const JOB = "update-installment-statuses";

export const jobLogs: Operation = {
  slug: "job-logs",
  method: "get",
  summary: "Which runs were there?",
  description:
    "Runs, newest first, with their log rows: whole with `id`, and in a list " +
    "without `metadata.agencies`. A page ends at a run and not at a number, " +
    "so runs that start later shift nothing. An admin reads with " +
    "their own rights, through row level security.",
  credentials: READERS,
  parameters: { query: logsQuery },
  answers: [
    {
      status: 200,
      when: "A page of runs; with `id`, the one run.",
      content: [json(page, {
        data: [{
          id: "cb57e051-d97d-44c6-bc39-fa6c753ed319",
          jobName: JOB,
          startedAt: "2026-11-22T07:00:00.051+00:00",
          completedAt: "2026-11-22T07:00:00.158+00:00",
          status: "success",
          recordsUpdated: 5,
          agenciesUpdated: 1,
          itemsTotal: 22,
          itemsProcessed: 22,
          itemsFailed: 0,
          errors: [],
          errorMessage: null,
          durationMs: 107,
          triggerSource: "cron",
          metadata: { total_agencies_processed: 22, attempts: 1 },
          createdAt: "2026-11-22T07:00:00.051+00:00",
        }],
        meta: {
          count: 1,
          limit: 1,
          nextCursor: "WyIyMDI2LTExLTIyVDA3OjAwOjAwLjA1MSswMDowMCIsImNiNTdl" +
            "MDUxLWQ5N2QtNDRjNi1iYzM5LWZhNmM3NTNlZDMxOSJd",
        },
      })],
    },
    ...readersErrors("limit: must be a whole number from 1 to 100"),
    errorAnswer({
      ...unknownJob,
      when: "There is no such run, or no such job.",
      codes: {
        ...unknownJob.codes,
        unknown_run: "No run has this id.",
      },
    }),
  ],
  calls: [
    readingCall("The last 30 runs", "job-logs"),
    readingCall(
      "The last failures of one job",
      `job-logs?jobName=${JOB}&status=failed&limit=10`,
    ),
    readingCall(
      "What people have started by hand in November",
      "job-logs?trigger=manual&from=2026-11-01T00:00:00Z&to=2026-12-01T00:00:00Z",
    ),
    readingCall("The next page", "job-logs?cursor=$NEXT_CURSOR"),
    readingCall(
      "One run, with what it changed for each agency",
      "job-logs?id=$RUN_ID",
    ),
    readingCall(
      "The same, with its alerts and what people have asked of it",
      "job-logs?id=$RUN_ID&timeline=true",
    ),
  ],
};
