import type { Run } from "./answers.ts";
import type { JobsClient, RunsQuery } from "./client.ts";

const LARGEST_PAGE = 100;

/** Which runs to collect, newest first; without a limit all of them. */
export interface Collection extends Pick<RunsQuery, "jobName" | "status"> {
  readonly limit?: number;
  /** Only runs that started at this instant or later. */
  readonly since?: Date;
}

/**
 * Collects runs, page after page.
 *
 * @returns them as one page, whose `limit` is null when there was none.
 */
export async function collectRuns(
  client: JobsClient,
  { limit, since, ...filters }: Collection,
) {
  const data: Run[] = [];
  let nextCursor: string | null = null;
  for await (const page of pagesOf(client, filters, limit)) {
    const wanted = since === undefined
      ? page.data
      : page.data.filter(({ startedAt }) =>
        Date.parse(startedAt) >= since.getTime()
      );
    data.push(...wanted);
    // What follows is older still.
    const isOver = wanted.length < page.data.length;
    nextCursor = isOver ? null : page.meta.nextCursor;
    if (isOver) break;
  }
  return {
    data,
    meta: { count: data.length, limit: limit ?? null, nextCursor },
  };
}

/**
 * Asks for page after page, for no more runs than are wanted.
 *
 * @param limit the most runs of all pages together.
 */
export async function* pagesOf(
  client: JobsClient,
  filters: Pick<RunsQuery, "jobName" | "status">,
  limit = Infinity,
) {
  let left = limit;
  let cursor: string | undefined;
  while (left > 0) {
    const page = await client.listRuns({
      ...filters,
      limit: Math.min(left, LARGEST_PAGE),
      cursor,
    });
    yield page;
    left -= page.data.length;
    if (page.meta.nextCursor === null || page.data.length === 0) return;
    cursor = page.meta.nextCursor;
  }
}
