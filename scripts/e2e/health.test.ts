import { deepEqual, equal, match, notEqual, ok } from "node:assert/strict";
import { createClient } from "@supabase/supabase-js";
import { callFunction, type FunctionRequest } from "./support/call_function.ts";
import {
  type Database,
  emptyDatabase,
  withDatabase,
} from "./support/database.ts";
import type { Answer } from "./support/functions.ts";
import { reportOf } from "./support/health_check.ts";
import { withDatabaseOutOfReach } from "./support/outage.ts";
import { withoutSchedule } from "./support/schedule.ts";
import { keys, urls } from "./support/stack.ts";
import { withoutSupervisor } from "./support/supervisor.ts";
import { signIn } from "./support/users.ts";

const JOB = "update-installment-statuses";

/** Reads the health report without raising alerts. */
async function look(headers?: FunctionRequest["headers"]): Promise<Answer> {
  return await check({ query: "?dryRun=true", headers });
}

async function check(request: FunctionRequest = {}): Promise<Answer> {
  const headers = request.headers ?? { "X-API-Key": (await keys()).readKey };
  return await callFunction("check-job-health", { ...request, headers });
}

function assertError(answer: Answer, statusCode: number, code: string): void {
  equal(answer.status, statusCode, JSON.stringify(answer.body));
  const { message, ...error } = answer.body.error;
  deepEqual(error, { code, statusCode });
  notEqual(message, "");
  equal(answer.headers.get("access-control-allow-origin"), "*");
  equal(answer.headers.get("cache-control"), "no-store");
}

function assertReport(answer: Answer): void {
  ok([200, 503].includes(answer.status), JSON.stringify(answer.body));
  match(answer.body.status, /^(ok|warning|critical)$/);
  equal(namesJob(answer.body), true);
}

// Others may be there, too: unregistered jobs with an open incident.
function namesJob(
  report: { jobs: readonly { jobName: string }[] } | null,
): boolean {
  return report?.jobs.some(({ jobName }) => jobName === JOB) ?? false;
}

const bearer = (token: string) => ({ Authorization: `Bearer ${token}` });

Deno.test("the read key, the job key, the secret key and an admin's session can read the health report", () =>
  withDatabase(async (sql) => {
    const { readKey, jobsApiKey, secretKey, publishableKey } = await keys();
    const admin = await signIn(sql, { role: "admin" });
    const opening: FunctionRequest["headers"][] = [
      { "X-API-Key": readKey },
      bearer(readKey),
      { "X-API-Key": jobsApiKey },
      bearer(jobsApiKey),
      { apikey: secretKey },
      { apikey: secretKey, ...bearer(secretKey) },
      bearer(admin),
      { apikey: publishableKey, ...bearer(admin) },
    ];
    for (const headers of opening) assertReport(await look(headers));
  }));

Deno.test("other credentials cannot read the health report", () =>
  withDatabase(async (sql) => {
    const { readKey, jobsApiKey, secretKey, publishableKey, jwtSecret } =
      await keys();
    const admin = { role: "admin" };
    const good = await signIn(sql, admin);
    const refused: FunctionRequest["headers"][] = [
      {},
      { "X-API-Key": "" },
      { "X-API-Key": "wrong" },
      { "X-API-Key": readKey.slice(0, -1) },
      { "X-API-Key": secretKey },
      { "X-API-Key": good },
      { apikey: readKey },
      { apikey: jobsApiKey },
      { apikey: good },
      { apikey: publishableKey },
      { apikey: publishableKey, ...bearer(publishableKey) },
      bearer("wrong"),
      bearer("not.a.token"),
      bearer(jwtSecret),
      bearer(await signIn(sql, { ...admin, expires: "-1s" })),
      bearer(await signIn(sql, { ...admin, secret: jobsApiKey })),
      bearer(good.slice(0, good.lastIndexOf("."))),
    ];
    for (const headers of refused) {
      const answer = await look(headers);
      assertError(answer, 401, "unauthorized");
      match(answer.headers.get("www-authenticate") ?? "", /^Bearer /);
    }
    for (const role of ["finance", null]) {
      const answer = await look(bearer(await signIn(sql, { role })));
      assertError(answer, 403, "forbidden");
      match(answer.body.error.message, /role admin/);
    }
  }));

Deno.test("supabase-js reads the report in an admin's browser only", () =>
  withDatabase(async (sql) => {
    await emptyDatabase(sql);
    const { publishableKey } = await keys();
    const visit = async (role: string) => {
      const token = await signIn(sql, { role });
      const dashboard = createClient(urls.apiUrl, publishableKey, {
        accessToken: () => Promise.resolve(token),
      });
      return await dashboard.functions.invoke(
        "check-job-health?dryRun=true",
        { method: "GET" },
      );
    };
    const { data } = await visit("admin");
    equal(namesJob(data), true);

    const { error, response } = await visit("finance");
    equal(error?.name, "FunctionsHttpError");
    equal(response?.status, 403);
    await response?.body?.cancel();
  }));

Deno.test("other methods are a 405, HEAD has no body, and a preflight needs no key", async () => {
  for (const method of ["POST", "PUT", "PATCH", "DELETE"]) {
    const answer = await check({ method });
    assertError(answer, 405, "method_not_allowed");
    equal(answer.headers.get("allow"), "GET, HEAD, OPTIONS");
  }
  const get = await look();
  const head = await check({ method: "HEAD", query: "?dryRun=true" });
  equal(head.status, get.status);
  equal(head.body, null);

  const preflight = await check({
    method: "OPTIONS",
    headers: {
      Origin: "https://dashboard.example",
      "Access-Control-Request-Method": "GET",
      "Access-Control-Request-Headers": "apikey, authorization",
    },
  });
  equal(preflight.status, 204);
  match(preflight.headers.get("access-control-allow-methods") ?? "", /GET/);
});

Deno.test("an invalid query is a 400 with the reason", async () => {
  for (const query of ["?dryRun=yes", "?dryrun=true", "?dryRun=true&job=x"]) {
    const answer = await check({ query });
    assertError(answer, 400, "invalid_query");
    match(answer.body.error.message, /dryRun|dryrun|job/);
  }
});

Deno.test("a failed run makes the report a 503 with the time of the failure, and a later success a 200", () =>
  withDatabase(async (sql) => {
    await emptyDatabase(sql);
    // It would catch up the failed run at once.
    await withoutSupervisor(sql, async () => {
      await logRun(sql, { hoursAgo: 4, status: "success" });
      await logRun(sql, { hoursAgo: 3, status: "failed" });

      const { jobsApiKey } = await keys();
      const critical = await look({ "X-API-Key": jobsApiKey });
      equal(critical.status, 503);
      equal(critical.headers.get("cache-control"), "no-store");
      const job = reportOf(critical.body, JOB);
      equal(critical.body.status, "critical");
      equal(job.status, "critical");
      equal(job.hoursSinceLastRun, 3);
      equal(job.hoursSinceLastSuccess, 4);
      equal(job.successRate30d, 50);
      deepEqual([job.runs30d, job.failedRuns30d], [2, 1]);
      equal(job.lastRun.status, "failed");
      equal(job.lastRun.errorMessage, "It broke.");
      const reason = job.reasons.find(({ code }: { code: string }) =>
        code === "last_run_failed"
      );
      equal(reason.severity, "critical");
      match(reason.message, /It broke\./);
      equal(reason.runbook, "docs/runbooks/last-run-failed.md");

      await logRun(sql, { hoursAgo: 2, status: "success" });
    });
    const well = await look();
    equal(well.status, 200, JSON.stringify(well.body));
    equal(reportOf(well.body, JOB).hoursSinceLastSuccess, 2);
  }));

Deno.test("a dry run raises no alert, and a check raises one alert only once", () =>
  withDatabase(async (sql) => {
    await emptyDatabase(sql);
    await withoutSupervisor(sql, () =>
      withoutSchedule(sql, JOB, async () => {
        const dry = await look();
        equal(dry.status, 503);
        equal(dry.body.delivery, null);
        deepEqual(await alertKinds(sql), []);

        const wet = await check();
        equal(wet.status, 503);
        equal(typeof wet.body.delivery.sent, "number");
        const raised = await alertKinds(sql);
        ok(raised.includes("job_unhealthy"));

        await check();
        deepEqual(await alertKinds(sql), raised);
      }));
  }));

Deno.test("channels that are not configured are listed with the reason", async () => {
  const { body } = await look();
  for (const name of ["email", "slack", "webhook"]) {
    const channel = body.channels.find((each: { name: string }) =>
      each.name === name
    );
    equal(channel.configured, false);
    match(channel.reason, /not set/);
  }
});

Deno.test("an unreachable database is a 503 within ten seconds, until it is back", () =>
  withDatabase(async (sql) => {
    const startedAt = performance.now();
    const away = await withDatabaseOutOfReach(sql, () => look());
    assertError(away, 503, "database_unavailable");
    ok(performance.now() - startedAt < 12_000);
    assertReport(await look());
  }));

async function logRun(
  sql: Database,
  { hoursAgo, status }: { hoursAgo: number; status: "success" | "failed" },
): Promise<void> {
  await sql`
    insert into public.jobs_log (
      job_name, started_at, completed_at, status, error_message
    )
    select
      ${JOB},
      run.started_at,
      run.started_at + interval '1 second',
      ${status},
      ${status === "failed" ? "It broke." : null}
    from (select now() - make_interval(hours => ${hoursAgo})) as run (started_at)
  `;
}

async function alertKinds(sql: Database): Promise<string[]> {
  const alerts = await sql<{ kind: string }[]>`
    select kind
    from jobs.alerts
    where job_name = ${JOB}
    order by sequence
  `;
  return alerts.map(({ kind }) => kind);
}
