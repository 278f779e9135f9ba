import type { RunStatus } from "../api/answers.ts";
import { collectRuns } from "../api/paging.ts";
import { type Context, type ExitCode, show } from "../context.ts";
import { formatRuns } from "../render/runs.ts";
import { inParts } from "../render/view.ts";
import { parseSince } from "../text/moments.ts";

interface RunsOptions {
  readonly limit?: number;
  readonly status?: RunStatus;
  readonly all: boolean;
  readonly since?: string;
}

const DEFAULT_LIMIT = 20;

/** `runs [job]`: the history, newest first. */
export async function runs(
  context: Context,
  jobName: string | undefined,
  { limit, status, all, since }: RunsOptions,
): Promise<ExitCode> {
  const { client, now } = context;
  const isBounded = all || since !== undefined;
  const collected = await collectRuns(client, {
    jobName,
    status,
    limit: limit ?? (isBounded ? undefined : DEFAULT_LIMIT),
    since: since === undefined ? undefined : parseSince(since, now()),
  });
  const { data, meta } = collected;
  const remark = meta.nextCursor === null
    ? ""
    : "Older runs exist: use --limit <count>, --since <when>, or --all.";
  show(
    context,
    collected,
    (view) =>
      data.length === 0
        ? "No runs found."
        : inParts(formatRuns(data, view), remark),
  );
  return 0;
}
