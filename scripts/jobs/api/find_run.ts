import { z } from "zod";
import { JobsError } from "../errors.ts";
import type { RunsPage } from "./answers.ts";
import type { JobsClient } from "./client.ts";
import { pagesOf } from "./paging.ts";

const SHORTEST_BEGINNING = 4;
const RUNS_SEARCHED = 1000;

/**
 * Finds a run by its id, or by the beginning of its id among the newest 1000.
 *
 * @param text as an operator gives it: 36 characters, or at least 4.
 * @throws {JobsError} when there is no such run, or more than one.
 */
export async function findRun(
  client: JobsClient,
  text: string,
): Promise<RunsPage> {
  const id = text.toLowerCase();
  if (z.guid().safeParse(id).success) return await runOf(client, id);
  if (!/^[0-9a-f-]+$/.test(id) || id.length < SHORTEST_BEGINNING) {
    throw new JobsError(
      "A run is named by its id, or by the first characters of it, at least " +
        `${SHORTEST_BEGINNING}.`,
    );
  }

  for await (const { data } of pagesOf(client, {}, RUNS_SEARCHED)) {
    const found = data.filter((run) => run.id.startsWith(id));
    if (found.length > 1) {
      throw new JobsError(
        `More than one run begins with ${id}: give more of the id.`,
      );
    }
    if (found.length === 1) return await runOf(client, found[0].id);
  }
  throw new JobsError(
    `None of the newest ${RUNS_SEARCHED} runs begins with ${id}: an older ` +
      "one is found by its whole id.",
  );
}

async function runOf(client: JobsClient, id: string): Promise<RunsPage> {
  const page = await client.findRun(id);
  if (page === null) throw new JobsError(`There is no run ${id}.`);
  return page;
}
