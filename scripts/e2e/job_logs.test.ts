import { deepEqual, equal, match, notEqual, ok } from "node:assert/strict";
import { Buffer } from "node:buffer";
import { waitFor } from "../stack/wait.ts";
import { DAY, instantOf, isoOf, MINUTE } from "./history/instant.ts";
import { logHistory } from "./history/log_history.ts";
import type { LoggedRun } from "./history/logged_run.ts";
import { randomHistory } from "./history/random_history.ts";
import { type Random, seededRandom } from "../testing/seeded_random.ts";
import { insertFailure } from "./support/alerts.ts";
import { callFunction, type FunctionRequest } from "./support/call_function.ts";
import {
  type Database,
  emptyDatabase,
  withDatabase,
} from "./support/database.ts";
import type { Answer } from "./support/functions.ts";
import { withDatabaseOutOfReach } from "./support/outage.ts";
import { assertError, assertOnlyReadersAreLetIn } from "./support/access.ts";
import { keys } from "./support/stack.ts";
import { withoutSupervisor } from "./support/supervisor.ts";
import { signIn } from "./support/users.ts";

const MAIN_JOB = "update-installment-statuses";

interface Run {
  readonly id: string;
  readonly [field: string]: unknown;
}

async function read(
  query = "",
  headers?: FunctionRequest["headers"],
): Promise<Answer> {
  const { jobsApiKey } = await keys();
  return await callFunction("job-logs", {
    query,
    headers: headers ?? { "X-API-Key": jobsApiKey },
  });
}

/**
 * Reads page after page, to the last one.
 *
 * @param query the filters, such as `limit=3&status=failed`.
 * @param betweenPages what happens before each next page is read.
 */
async function readAll(
  query: string,
  betweenPages: (page: number) => Promise<void> = () => Promise.resolve(),
): Promise<Run[]> {
  const runs: Run[] = [];
  let cursor: string | null = null;
  for (let page = 1; page < 2000; page += 1) {
    const next: string = cursor === null ? "" : `&cursor=${cursor}`;
    const { status, body } = await read(`?${query}${next}`);
    equal(status, 200, JSON.stringify(body));
    equal(body.meta.count, body.data.length);
    runs.push(...body.data);
    cursor = body.meta.nextCursor;
    if (cursor === null) return runs;
    equal(body.data.length, body.meta.limit);
    await betweenPages(page);
  }
  throw new Error("There is no last page.");
}

/** Runs a test on its own log, which no other process writes. */
function testOnLog(name: string, test: (sql: Database) => Promise<void>): void {
  Deno.test(
    name,
    () =>
      withDatabase((sql) =>
        withoutSupervisor(sql, async () => {
          await emptyDatabase(sql);
          await test(sql);
        })
      ),
  );
}

/** A random history in which many runs start at once, at midnight. */
async function logRandomHistory(
  sql: Database,
  random: Random,
): Promise<LoggedRun[]> {
  const now = BigInt(Date.now()) * 1000n;
  const history = randomHistory(random, now).map((run) => {
    if (random.oneIn(2)) return run;
    const early = run.startedAt % DAY;
    return {
      ...run,
      startedAt: run.startedAt - early,
      completedAt: run.completedAt && run.completedAt - early,
    };
  });
  return await logHistory(sql, history, now - MINUTE);
}

function newestFirst(runs: readonly LoggedRun[]): LoggedRun[] {
  return runs.toSorted((a, b) =>
    Number(b.startedAt - a.startedAt) || (a.id < b.id ? 1 : -1)
  );
}

const idsOf = (runs: readonly { readonly id: string }[]) =>
  runs.map(({ id }) => id);

testOnLog(
  "the pages together have every run of the log once, newest first",
  async (sql) => {
    const random = seededRandom(4);
    const history = newestFirst(await logRandomHistory(sql, random));
    const starts = new Set(history.map(({ startedAt }) => startedAt));
    ok(starts.size < history.length - 300, "many runs start at once");

    const filters: [string, (run: LoggedRun) => boolean][] = [
      ["", () => true],
      ["&status=failed", ({ status }) => status === "failed"],
      ["&status=running", ({ status }) => status === "running"],
      ["&jobName=bravo-daily", ({ jobName }) => jobName === "bravo-daily"],
      [
        "&jobName=bravo-daily&status=success",
        ({ jobName, status }) =>
          jobName === "bravo-daily" && status === "success",
      ],
    ];
    for (const [filter, isWanted] of filters) {
      for (const limit of [7, 100]) {
        const runs = await readAll(`limit=${limit}${filter}`);
        deepEqual(idsOf(runs), idsOf(history.filter(isWanted)), filter);
      }
    }
    deepEqual(
      idsOf((await read()).body.data),
      idsOf(history.slice(0, 30)),
      "30 by default",
    );
  },
);

testOnLog(
  "a list has the fields of each run except its agencies",
  async (sql) => {
    const history = await logRandomHistory(sql, seededRandom(5));
    const logged = new Map(history.map((run) => [run.id, run]));
    const listed = await readAll("limit=100");
    equal(listed.length, history.length);
    for (const { durationMs, createdAt, ...fields } of listed) {
      const run = logged.get(fields.id);
      ok(run);
      deepEqual({
        ...fields,
        startedAt: instantOf(String(fields.startedAt)),
        completedAt: typeof fields.completedAt === "string"
          ? instantOf(fields.completedAt)
          : null,
      }, {
        id: run.id,
        jobName: run.jobName,
        startedAt: run.startedAt,
        completedAt: run.completedAt,
        status: run.status,
        recordsUpdated: run.recordsUpdated ?? 0,
        agenciesUpdated: run.agencies === null ? null : run.agencies.length,
        itemsTotal: null,
        itemsProcessed: null,
        itemsFailed: run.errors?.length ?? 0,
        errors: run.errors ?? [],
        errorMessage: run.errorMessage,
        triggerSource: run.triggerSource,
        metadata: {},
      });
      equal(
        durationMs,
        run.completedAt === null
          ? null
          : Math.round(Number(run.completedAt - run.startedAt) / 1000),
      );
      equal(typeof createdAt, "string");
    }
  },
);

testOnLog("a run by id has its agencies as well", async (sql) => {
  const history = await logRandomHistory(sql, seededRandom(5));
  const withAgencies = history.filter(({ agencies }) => agencies?.length);
  const wanted = [...withAgencies.slice(0, 10), ...history.slice(0, 10)];
  const listed = new Map(
    (await readAll("limit=100")).map((run) => [run.id, run]),
  );
  for (const { id, agencies } of wanted) {
    const { body } = await read(`?id=${id}`);
    deepEqual(body.data, [{
      ...listed.get(id),
      metadata: agencies === null ? {} : { agencies },
    }]);
  }
});

testOnLog(
  "runs that are logged between pages shift no page",
  async (sql) => {
    const random = seededRandom(6);
    const history = newestFirst(await logRandomHistory(sql, random));
    const latest = history[0].startedAt;
    const begun = new Set(idsOf(history));

    const runs = await readAll("limit=50", async (page) => {
      const behind = history[Math.min(page * 50 + 20, history.length - 1)];
      await sql`
      insert into public.jobs_log (job_name, started_at, status)
      values
        ('meanwhile', ${isoOf(latest + BigInt(page))}, 'success'),
        ('meanwhile', ${isoOf(latest)}, 'success'),
        ('meanwhile', ${isoOf(behind.startedAt)}, 'success')
    `;
    });
    const seen = idsOf(runs);
    equal(new Set(seen).size, seen.length, "no run comes twice");
    deepEqual(seen.filter((id) => begun.has(id)), idsOf(history));
  },
);

testOnLog(
  "runs that are logged while pages are read shift no page",
  async (sql) => {
    const history = newestFirst(await logRandomHistory(sql, seededRandom(7)));
    const begun = new Set(idsOf(history));
    let reading = true;
    const writers = Array.from({ length: 4 }, async () => {
      let logged = 0;
      while (reading) {
        await sql`
        insert into public.jobs_log (job_name, started_at, status)
        values ('meanwhile', now(), 'success')
      `;
        logged += 1;
      }
      return logged;
    });
    try {
      const seen = idsOf(await readAll("limit=25"));
      equal(new Set(seen).size, seen.length, "no run comes twice");
      deepEqual(seen.filter((id) => begun.has(id)), idsOf(history));
    } finally {
      reading = false;
      for (const logged of await Promise.all(writers)) ok(logged > 0);
    }
  },
);

testOnLog(
  "one run is found by its id, and an unknown id is a 404",
  async (sql) => {
    await insertFailure(sql, MAIN_JOB, "It broke.");
    const { body } = await read();
    const [{ id }] = body.data;
    for (const query of [`?id=${id}`, `?id=${id.toUpperCase()}`]) {
      const one = await read(query);
      equal(one.status, 200);
      deepEqual(one.body, {
        data: body.data,
        meta: { count: 1, limit: 1, nextCursor: null },
      });
    }
    const other = crypto.randomUUID();
    const message = assertError(await read(`?id=${other}`), 404, "unknown_run");
    ok(message.includes(other));
  },
);

testOnLog(
  "a job without matching runs has an empty page, and an unknown job is a 404",
  async (sql) => {
    await insertFailure(sql, "not-registered");
    const empty = { data: [], meta: { count: 0, limit: 30, nextCursor: null } };
    for (
      const query of [
        `?jobName=${MAIN_JOB}`,
        "?jobName=not-registered&status=success",
        "?status=running",
      ]
    ) {
      const { status, body } = await read(query);
      equal(status, 200);
      deepEqual(body, empty);
    }
    const admin = await signIn(sql, { role: "admin" });
    for (const headers of [undefined, { Authorization: `Bearer ${admin}` }]) {
      for (
        const name of ["mistyped", "not_registered", "'; drop table x; --"]
      ) {
        const query = `?jobName=${encodeURIComponent(name)}`;
        const message = assertError(
          await read(query, headers),
          404,
          "unknown_job",
        );
        ok(message.includes(`There is no job ${name}:`), message);
      }
    }
  },
);

testOnLog(
  "an admin reads through row level security, and a key bypasses it",
  async (sql) => {
    await insertFailure(sql, MAIN_JOB);
    const headers = {
      Authorization: `Bearer ${await signIn(sql, { role: "admin" })}`,
    };
    const asAdmin = await read("", headers);
    deepEqual(asAdmin.body, (await read()).body);
    const [{ id }] = asAdmin.body.data;
    equal((await read(`?id=${id}`, headers)).status, 200);

    await sql`
    alter policy "Admins can read the job log" on public.jobs_log using (false)
  `.simple();
    try {
      deepEqual((await read("", headers)).body.data, []);
      assertError(await read(`?id=${id}`, headers), 404, "unknown_run");
      equal((await read()).body.data.length, 1);
    } finally {
      await sql`
      alter policy "Admins can read the job log" on public.jobs_log using (
        exists (
          select 1
          from public.user_roles as membership
          where membership.user_id = (select auth.uid())
            and membership.role = 'admin'
        )
      )
    `.simple();
    }
  },
);

Deno.test("an invalid query is a 400 with the reason", async () => {
  const forged = (value: unknown) =>
    "?cursor=" + Buffer.from(JSON.stringify(value)).toString("base64url");
  const id = crypto.randomUUID();
  for (
    const [query, reason] of [
      ["?limit=0", /limit: .* from 1 to 100/],
      ["?limit=101", /limit: .* from 1 to 100/],
      ["?limit=abc", /limit: .* from 1 to 100/],
      ["?limit=-1", /limit: .* from 1 to 100/],
      ["?limit=1.5", /limit: .* from 1 to 100/],
      ["?limit=", /limit: .* from 1 to 100/],
      ["?limit=1;select%201", /limit: .* from 1 to 100/],
      ["?limit=5&limit=6", /limit: is given more than once/],
      ["?id=x", /id: must be a UUID/],
      [`?id=${id}'`, /id: must be a UUID/],
      [`?id=${id}&id=${id}`, /id: is given more than once/],
      [
        `?id=${id}&status=failed`,
        /no other parameter than timeline goes together with id/,
      ],
      ["?status=broken", /status: must be running, success or failed/],
      ["?status=failed'%20or%20'a'='a", /status: must be/],
      ["?jobName=", /jobName: must not be empty/],
      ["?jobName=%00", /jobName: must not hold a NUL/],
      ["?cursor=garbage", /cursor: must be a meta.nextCursor/],
      ["?cursor=", /cursor: must be a meta.nextCursor/],
      [forged(["2026-02-30T00:00:00Z", id]), /cursor: must be/],
      [forged(["0000-01-01T00:00:00Z", id]), /cursor: must be/],
      [forged(["infinity", id]), /cursor: must be/],
      [forged(["2026-02-03T00:00:00Z'--", id]), /cursor: must be/],
      [forged(["2026-02-03T00:00:00Z", `${id}'`]), /cursor: must be/],
      ["?page=2", /page/],
    ] as const
  ) {
    const message = assertError(await read(query), 400, "invalid_query");
    match(message, reason, query);
  }
});

testOnLog(
  "a forged cursor gives only a page",
  async (sql) => {
    await insertFailure(sql, MAIN_JOB);
    const at = (instant: string) =>
      "?cursor=" +
      Buffer.from(JSON.stringify([instant, crypto.randomUUID()])).toString(
        "base64url",
      );
    for (
      const [instant, runs] of [
        ["9999-12-31T23:59:59.999999Z", 1],
        ["9999-12-31T00:00:00+23:59", 1],
        ["0001-01-02T00:00:00.123456789Z", 0],
      ] as const
    ) {
      const { status, body } = await read(at(instant));
      equal(status, 200, JSON.stringify(body));
      equal(body.data.length, runs);
    }
  },
);

Deno.test("only callers who may read can read the log", () =>
  withDatabase((sql) =>
    assertOnlyReadersAreLetIn(sql, "job-logs", ({ status, body }) => {
      equal(status, 200, JSON.stringify(body));
      equal(Array.isArray(body.data), true);
    })
  ));

Deno.test("other methods are a 405, HEAD has no body, and a preflight needs no key", async () => {
  for (const method of ["POST", "PUT", "PATCH", "DELETE"]) {
    const answer = await callFunction("job-logs", { method });
    assertError(answer, 405, "method_not_allowed");
    equal(answer.headers.get("allow"), "GET, HEAD, OPTIONS");
  }
  const { readKey } = await keys();
  const head = await callFunction("job-logs", {
    method: "HEAD",
    headers: { "X-API-Key": readKey },
  });
  equal(head.status, 200);
  equal(head.body, null);
  equal((await callFunction("job-logs", { method: "OPTIONS" })).status, 204);
});

testOnLog(
  "simultaneous requests get the same answer, and the next request a new one",
  async (sql) => {
    await insertFailure(sql, MAIN_JOB);
    const answers = await Promise.all(Array.from({ length: 20 }, () => read()));
    for (const { body } of answers) equal(body.data.length, 1);
    await insertFailure(sql, MAIN_JOB);
    const { body } = await read();
    equal(body.data.length, 2);
    notEqual(body.data[0].id, body.data[1].id);
  },
);

Deno.test("an unreachable database is a 503, until it is back", () =>
  withDatabase(async (sql) => {
    const away = await withDatabaseOutOfReach(sql, () => read());
    assertError(away, 503, "database_unavailable");
    // The pool of the Data API may first meet connections that were cut.
    const back = await waitFor(
      async () => (await read()).status === 200 || undefined,
      10_000,
    );
    equal(back, true);
  }));
