// job-metrics as Prometheus itself sees it.
import { deepEqual, equal, match, notEqual, ok } from "node:assert/strict";
import { run } from "../stack/command.ts";
import { resetDatabase, startStack, stopStack } from "../stack/stack.ts";
import { METRICS } from "../../supabase/functions/job-metrics/prometheus-metrics.ts";
import { type Sample, valueOf } from "./history/exposition.ts";
import { MINUTE } from "./history/instant.ts";
import type { LoggedRun } from "./history/logged_run.ts";
import { logHistory } from "./history/log_history.ts";
import { totalsOf } from "./history/expected_metrics.ts";
import { JOB_NAMES, randomHistory } from "./history/random_history.ts";
import { seededRandom } from "../testing/seeded_random.ts";
import { insertFailure } from "./support/alerts.ts";
import { emptyDatabase, withDatabase } from "./support/database.ts";
import { JOBS } from "./support/jobs.ts";
import * as own from "./support/own_stack.ts";
import { readPage, readText } from "./support/pages.ts";
import {
  type Prometheus,
  startPrometheus,
  type Value,
} from "./support/prometheus.ts";
import {
  ensurePrometheus,
  type PrometheusPrograms,
} from "./support/prometheus_programs.ts";
import { keys, urls } from "./support/stack.ts";

const PAGE = "docs/reference/metrics.md";

/** The expressions that the page recommends. */
async function expressions(): Promise<string[]> {
  const [, questions] = (await readText(PAGE)).split("## Questions");
  const cells = [...questions.matchAll(/^\| [^|]+ \| `([^`]+)` +\|$/gm)];
  return cells.map(([, expression]) => expression);
}

/** The configuration on the page, for a target on this machine. */
async function configurationFor(apiUrl: string): Promise<string> {
  const { blocks } = await readPage(PAGE);
  const [{ code }] = blocks.filter(({ language }) => language === "yaml");
  const config = code
    .replace("scheme: https", "scheme: http")
    .replace("/etc/prometheus/duewatch-read-key", "<folder>/read-key")
    .replace("<project-ref>.supabase.co", new URL(apiUrl).host);
  notEqual(config, code);
  return `global:\n  scrape_interval: 500ms\n${config}\n`;
}

async function checkMetrics(
  { promtool }: PrometheusPrograms,
  text: string,
): Promise<{ code: number; output: string }> {
  const { code, stdout, stderr } = await run(
    [promtool, "check", "metrics"],
    { stdin: text },
  );
  return { code, output: stdout + stderr };
}

Deno.test("promtool finds no problem in the metrics, whatever the names of the jobs", async () => {
  const programs = await ensurePrometheus();
  await withDatabase(async (sql) => {
    await emptyDatabase(sql);
    await sql`
      select public.claim_job_alerts(
        channels => '[{"name": "slack", "kinds": ["run_failed"]}]'
      )
    `;
    for (const name of ['say "hi"', "back\\slash", "two\nlines", "💥", "a=1"]) {
      await insertFailure(sql, name);
    }
  });
  const { readKey } = await keys();
  const response = await fetch(
    `${urls.functionsUrl}/job-metrics?format=prometheus`,
    { headers: { Authorization: `Bearer ${readKey}` } },
  );
  const text = await response.text();
  deepEqual(await checkMetrics(programs, text), { code: 0, output: "" });

  // It finds problems in untidy metrics.
  const untidy = text.replaceAll("duewatch_runs_total", "duewatch_runs");
  const { code, output } = await checkMetrics(programs, untidy);
  notEqual(code, 0);
  match(output, /counter metrics should have "_total" suffix/);
});

Deno.test("Prometheus scrapes with the configuration of the page, and no counter ever falls", async () => {
  const { prometheus: program } = await ensurePrometheus();
  const stack = { config: own.config, seed: false, firstRun: false };
  await resetDatabase(stack);
  try {
    const { readKey } = await own.ownKeys();
    await using prometheus = await startPrometheus(
      program,
      await configurationFor(own.urls.apiUrl),
      { "read-key": readKey },
    );
    await prometheus.nextScrape();

    const now = BigInt(Date.now()) * 1000n;
    const random = seededRandom(8);
    const history = await own.withOwnDatabase(async (sql) => {
      // Nothing runs but what is logged here.
      await sql`select cron.unschedule(jobid) from cron.job`;
      return await logHistory(sql, randomHistory(random, now), now - MINUTE);
    });
    await prometheus.nextScrape();
    const logged = await countersIn(prometheus);
    for (const jobName of JOB_NAMES) {
      deepEqual(totalsIn(logged, jobName), totalsOf(jobName, history));
    }

    await own.withOwnDatabase(async (sql) => {
      const [{ pruned }] = await sql`
        select jobs.prune(keep_runs => '31 days') as pruned
      `;
      ok(pruned.runs > 200);
    });
    await prometheus.nextScrape();
    deepEqual(await countersIn(prometheus), logged, "after pruning");

    await stopStack(own.config);
    await prometheus.failedScrape();
    deepEqual(await prometheus.query('up{job="duewatch"}').then(valuesOf), [0]);
    await startStack(stack);
    await prometheus.nextScrape();
    deepEqual(await countersIn(prometheus), logged, "after the restart");

    await own.withOwnDatabase(async (sql) => {
      await sql`
        insert into public.jobs_log (
          job_name, started_at, completed_at, status, records_updated
        )
        select 'delta-once', at, at + interval '250 milliseconds', 'success', 7
        from (select now()) as run (at)
      `;
    });
    await prometheus.nextScrape();
    const before = totalsIn(logged, "delta-once");
    deepEqual(totalsIn(await countersIn(prometheus), "delta-once"), {
      ...before,
      successes: before.successes + 1,
      recordsUpdated: before.recordsUpdated + 7,
      seconds: before.seconds + 0.25,
    });

    for (const name of COUNTERS) {
      const resets = await prometheus.query(`resets(${name}[1h])`);
      ok(resets.length >= JOB_NAMES.length);
      for (const { labels, value } of resets) {
        equal(value, 0, `${name} ${JSON.stringify(labels)}`);
      }
    }
    await assertQuestionsAreAnswered(prometheus, history);
  } finally {
    await stopStack(own.config);
  }
});

const COUNTERS = METRICS
  .filter(({ type }) => type === "counter")
  .map(({ name }) => name);

/** The values of all counters that Prometheus read last. */
async function countersIn(prometheus: Prometheus): Promise<Sample[]> {
  const samples = await Promise.all(
    COUNTERS.map(async (metric) => {
      const values = await prometheus.query(metric);
      return values.map((value) => ({ metric, ...value }));
    }),
  );
  return samples.flat();
}

/** The counters of a job, in the form of `totalsOf`. */
function totalsIn(counters: readonly Sample[], jobName: string) {
  const value = (metric: string, labels = {}) =>
    valueOf(counters, `duewatch_${metric}`, { job_name: jobName, ...labels }) ??
      NaN;
  return {
    successes: value("runs_total", { status: "success" }),
    failures: value("runs_total", { status: "failed" }),
    recordsUpdated: value("records_updated_total"),
    seconds: value("run_duration_seconds_total"),
    failedItems: value("failed_items_total"),
  };
}

/** Evaluates the expressions of the page and compares them with the history. */
async function assertQuestionsAreAnswered(
  prometheus: Prometheus,
  history: readonly LoggedRun[],
): Promise<void> {
  const questions = await expressions();
  const answers = await Promise.all(
    questions.map(async (question) => {
      const values = await prometheus.query(question);
      return [question, values.map(({ labels }) => labels.job_name)] as const;
    }),
  );
  const jobsIn = (part: string) => {
    const [found] = answers.filter(([question]) => question.includes(part));
    return found[1].sort();
  };
  equal(questions.length, 8);
  // They are not started here, and have never run.
  const unwell = JOBS;
  deepEqual(jobsIn("unless"), unwell);
  const failing = JOB_NAMES.filter((jobName) => {
    const ended = history
      .filter((run) => run.jobName === jobName && run.status !== "running")
      .toSorted((a, b) => Number(a.startedAt - b.startedAt));
    return ended.at(-1)?.status === "failed";
  });
  deepEqual(jobsIn('status="critical"'), [...failing, ...unwell].sort());
  deepEqual(jobsIn("records_updated"), [...JOB_NAMES, ...unwell].sort());
  deepEqual(jobsIn("up{"), []);
}

const valuesOf = (values: readonly Value[]) => values.map(({ value }) => value);
