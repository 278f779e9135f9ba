import { deepEqual, equal, rejects } from "node:assert/strict";
import { JobsError } from "../errors.ts";
import { fakeClient } from "../testing/fake_client.ts";
import { idBeginning, sampleRun } from "../testing/samples.ts";
import type { Run } from "./answers.ts";
import type { JobsClient, RunsQuery } from "./client.ts";
import { findRun } from "./find_run.ts";
import { collectRuns } from "./paging.ts";

const HOUR = 3_600_000;
const NEWEST = Date.parse("2026-11-22T07:00:00Z");

/** So many runs, one an hour, newest first. */
function hourly(count: number): Run[] {
  return Array.from({ length: count }, (_, number) =>
    sampleRun({
      id: idBeginning(number.toString(16).padStart(8, "0")),
      startedAt: new Date(NEWEST - number * HOUR).toISOString(),
    }));
}

/** A client that writes down what it is asked for. */
function recordingClient(runs: Run[]) {
  const asked: RunsQuery[] = [];
  const client = fakeClient({ runs });
  const recording: JobsClient = {
    ...client,
    listRuns(query) {
      asked.push(query);
      return client.listRuns(query);
    },
  };
  return { client: recording, asked };
}

Deno.test("pages follow each other until no more runs are wanted", async () => {
  const { client, asked } = recordingClient(hourly(250));
  const { data, meta } = await collectRuns(client, { limit: 230 });
  deepEqual(data, hourly(230));
  deepEqual(meta, { count: 230, limit: 230, nextCursor: "230" });
  deepEqual(asked.map(({ limit, cursor }) => [limit, cursor]), [
    [100, undefined],
    [100, "100"],
    [30, "200"],
  ]);
});

Deno.test("without a limit the pages go on to the oldest run", async () => {
  const { client, asked } = recordingClient(hourly(200));
  const { data, meta } = await collectRuns(client, {});
  deepEqual(data, hourly(200));
  deepEqual(meta, { count: 200, limit: null, nextCursor: null });
  equal(asked.length, 2);
});

Deno.test("filters go with every page", async () => {
  const { client, asked } = recordingClient(hourly(150));
  const filters = { jobName: hourly(1)[0].jobName, status: "success" } as const;
  await collectRuns(client, filters);
  deepEqual(
    asked.map(({ jobName, status }) => ({ jobName, status })),
    [filters, filters],
  );
});

Deno.test("since an instant means at it or later, and asks for nothing older", async () => {
  const { client, asked } = recordingClient(hourly(1000));
  const since = new Date(NEWEST - 120 * HOUR);
  const { data, meta } = await collectRuns(client, { since });
  deepEqual(data, hourly(121));
  deepEqual(meta, { count: 121, limit: null, nextCursor: null });
  equal(asked.length, 2);
});

Deno.test("a server that sends a cursor without runs ends the paging", async () => {
  const client: JobsClient = {
    ...fakeClient({}),
    listRuns: () =>
      Promise.resolve({
        data: [],
        meta: { count: 0, limit: 100, nextCursor: "again" },
      }),
  };
  equal((await collectRuns(client, {})).meta.count, 0);
});

Deno.test("a run is found by its id, and by the beginning of it", async () => {
  const { client, asked } = recordingClient(hourly(300));
  const [, , third] = hourly(3);
  for (
    const text of [third.id, "00000002", "00000002-0"]
  ) {
    deepEqual((await findRun(client, text)).data, [third]);
  }
  const [old] = hourly(300).slice(-1);
  asked.length = 0;
  deepEqual((await findRun(client, "0000012B")).data, [old]);
  equal(asked.length, 3);
  deepEqual((await findRun(client, old.id.toUpperCase())).data, [old]);
});

Deno.test("an invalid, unknown or ambiguous run id is reported", async () => {
  const { client, asked } = recordingClient(hourly(1200));
  const refused = (text: string, reason: RegExp) =>
    rejects(
      findRun(client, text),
      (error) => error instanceof JobsError && reason.test(error.message),
    );
  for (const text of ["", "abc", "no-such-run", "../x", "0000000g"]) {
    await refused(text, /named by its id/);
  }
  deepEqual(asked, []);
  await refused(idBeginning("ffffffff"), /There is no run ffffffff-/);
  await refused("0000", /More than one run begins with 0000/);
  await refused("ffffffff", /None of the newest 1000 runs begins/);
  await refused("000004af", /None of the newest 1000 runs begins/);
});

Deno.test("two runs whose ids begin alike are reported as ambiguous", async () => {
  const runs = ["abcd0001", "abcd0002", "abce0001"].map((characters) =>
    sampleRun({ id: idBeginning(characters) })
  );
  const { client } = recordingClient(runs);
  await rejects(findRun(client, "abcd"), /More than one run begins with abcd/);
  deepEqual((await findRun(client, "abce")).data, [runs[2]]);
});
