// Sends Grafana's queries to the real database and the real job-metrics.
import { deepEqual, equal, fail, match, ok, throws } from "node:assert/strict";
import { askDatabase } from "./grafana/answer.ts";
import { readDashboards } from "./grafana/dashboard.ts";
import { askJobMetrics, labelsOfMetrics } from "./grafana/job_metrics.ts";
import { expandSql, expandText } from "./grafana/macros.ts";
import { isInfinity, isProm, isSql, targets } from "./grafana/panel_targets.ts";
import { mentionsOf } from "./grafana/promql.ts";
import {
  readDatasources,
  readRules,
  readYaml,
} from "./grafana/provisioning.ts";
import { assertPanelShows } from "./grafana/panel_data.ts";
import {
  choices,
  HOSTILE_JOB,
  MAIN_JOB,
  withSampleData,
} from "./grafana/sample_data.ts";
import { PLUGINS } from "./grafana/target.ts";
import { JOBS } from "./support/jobs.ts";
import { withMetricsReader } from "./support/metrics_reader.ts";
import { readText } from "./support/pages.ts";

Deno.test("there is an overview of all jobs and a detail of one job, with fixed ids", async () => {
  const dashboards = await readDashboards();
  deepEqual(
    dashboards.map(({ uid }) => uid).sort(),
    ["duewatch-job-detail", "duewatch-jobs-overview"],
  );
  for (const { text, file, ids } of dashboards) {
    equal(new Set(ids).size, ids.length, file);
    // Neither is filled in when a dashboard is read from a file.
    equal(text.includes("${DS_"), false, file);
    equal(text.includes('"__inputs"'), false, file);
  }
});

Deno.test("no panels overlap", async () => {
  for (const { places, file } of await readDashboards()) {
    const taken = new Set<string>();
    for (const { x, y, w, h } of places) {
      ok(x + w <= 24, file);
      for (let column = x; column < x + w; column++) {
        for (let line = y; line < y + h; line++) {
          const cell = `${column},${line}`;
          ok(!taken.has(cell), `${file}: two panels at ${cell}`);
          taken.add(cell);
        }
      }
    }
  }
});

Deno.test("the overview and the detail have all required panels", async () => {
  const wanted = {
    "duewatch-jobs-overview": [
      "Status now",
      "Success rate",
      "Duration",
      "Records updated per day",
      "Transitions per agency and day",
      "Failures",
      "Time since last success",
      "Alert backlog",
    ],
    "duewatch-job-detail": [
      "Status now",
      "Success rate",
      "Duration",
      "Records updated per day",
      "Transitions per agency and day",
      "Failures",
      "Time since last success",
    ],
  };
  const dashboards = await readDashboards();
  for (const [uid, titles] of Object.entries(wanted)) {
    const panels = dashboards.find((each) => each.uid === uid)?.panels ?? [];
    const there = panels.map(({ title }) => title);
    for (const title of titles) ok(there.includes(title), `${uid}: ${title}`);
  }
});

Deno.test("every data source of panels and alert rules is provisioned, with a fixed id and the same type", async () => {
  const types = new Map(
    (await readDatasources()).map(({ uid, type }) => [uid, type]),
  );
  deepEqual(
    Object.fromEntries(types),
    {
      "duewatch-postgres": PLUGINS.postgres,
      "duewatch-metrics": PLUGINS.infinity,
      "duewatch-prometheus": PLUGINS.prometheus,
    },
  );
  for (const { variables, panels } of await readDashboards()) {
    const named = [
      ...variables.map(({ datasource }) => datasource),
      ...panels.flatMap(({ datasource, targets }) => [
        datasource,
        ...targets.map((target) => target.datasource),
      ]),
    ];
    for (const { uid, type } of named) equal(types.get(uid), type);
  }
  for (const { data: [{ datasourceUid, model }] } of await readRules()) {
    equal(
      types.get(datasourceUid),
      "rawSql" in model ? PLUGINS.postgres : PLUGINS.prometheus,
    );
  }
});

Deno.test("all three kinds of data sources are in use", async () => {
  const used = (await targets()).map(({ target }) => target.datasource.type);
  deepEqual(new Set(used), new Set(Object.values(PLUGINS)));
});

Deno.test("keys and passwords come from the environment, and the compose file passes every one on", async () => {
  const text = await readText(
    "docs/monitoring/grafana/provisioning/datasources/duewatch.yaml",
  );
  const wanted = new Set(
    [...text.matchAll(/\$([A-Z_]+)/g)].map(([, name]) => name),
  );
  for (const { secureJsonData } of await readDatasources()) {
    for (const secret of Object.values(secureJsonData)) {
      match(secret, /^\$[A-Z_]+$/);
    }
  }
  const compose = await readText("docs/monitoring/grafana/compose.yaml");
  for (const name of wanted) match(compose, new RegExp(`^ +${name}: `, "m"));
  match(compose, /DUEWATCH_READ_KEY:\?/);
  match(compose, /DUEWATCH_DB_PASSWORD:\?/);
});

Deno.test("the other files are YAML, the images are pinned, and everything listens on loopback", async () => {
  for (
    const file of ["prometheus.yml", "provisioning/dashboards/duewatch.yaml"]
  ) {
    equal(typeof await readYaml(file), "object");
  }
  const compose = JSON.stringify(await readYaml("compose.yaml"));
  const images = [...compose.matchAll(/"image":"([^"]+)"/g)];
  equal(images.length, 2);
  for (const [, image] of images) match(image, /:v?\d+\.\d+\.\d+$/);
  match(compose, /"GF_SERVER_HTTP_ADDR":"127\.0\.0\.1"/);
  match(compose, /--web\.listen-address=127\.0\.0\.1:9090/);
  match(compose, /yesoreyeram-infinity-datasource@\d+\.\d+\.\d+/);
});

Deno.test(
  "every database query of a panel runs as metrics_reader and has the columns that the panel shows",
  withSampleData((sql) =>
    withMetricsReader(sql, async (reader) => {
      const asked = (await targets()).filter(({ target }) => isSql(target));
      ok(asked.length > 10);
      for (const choice of choices()) {
        for (const each of asked) {
          const { target, panel, where } = each;
          if (!isSql(target)) continue;
          equal(
            target.format,
            panel.type === "timeseries" ? "time_series" : "table",
            where,
          );
          const query = expandSql(target.rawSql, choice);
          const answer = await askDatabase(reader, query).catch((error) => {
            throw new Error(`${where}:\n${query}`, { cause: error });
          });
          assertPanelShows(each, answer);
        }
      }
    })
  ),
);

Deno.test(
  "the slow line of a job is at its own slow_after",
  withSampleData(async (sql) => {
    const [{ before }] = await sql`
      select slow_after as before
      from jobs.definitions
      where job_name = ${MAIN_JOB}
    `;
    await sql`
      update jobs.definitions
      set slow_after = '20 minutes'
      where job_name = ${MAIN_JOB}
    `;
    try {
      await withMetricsReader(sql, async (reader) => {
        const [choice] = choices();
        for (const { uid, panels } of await readDashboards()) {
          const duration = panels.find(({ title }) => title === "Duration");
          const lines = [];
          for (const target of duration?.targets ?? []) {
            if (!isSql(target) || !target.rawSql.includes("slow")) continue;
            const query = expandSql(target.rawSql, {
              ...choice,
              jobName: MAIN_JOB,
            });
            lines.push(...(await askDatabase(reader, query)).rows);
          }
          const ofTheJob = lines.filter(({ metric }) =>
            ["slow after", `${MAIN_JOB} is slow after`].includes(String(metric))
          );
          deepEqual(
            ofTheJob.map(({ seconds }) => Number(seconds)),
            [1200, 1200],
            uid,
          );
        }
      });
    } finally {
      await sql`
        update jobs.definitions
        set slow_after = ${before}
        where job_name = ${MAIN_JOB}
      `;
    }
  }),
);

Deno.test(
  "the detail shows only the selected job, whatever its name",
  withSampleData((sql) =>
    withMetricsReader(sql, async (reader) => {
      const [choice] = choices();
      const unknown = { ...choice, jobName: "another's job" };
      const dashboards = await readDashboards();
      const detail = dashboards.find(({ uid }) => uid.endsWith("job-detail"));
      for (const { title, targets } of detail?.panels ?? []) {
        for (const target of targets) {
          if (!isSql(target)) continue;
          const { rows } = await askDatabase(
            reader,
            expandSql(target.rawSql, unknown),
          );
          const values = rows.flatMap((row) => Object.values(row));
          ok(values.every((value) => value === null || value === "0"), title);
        }
      }
    })
  ),
);

Deno.test(
  "the job variable lists registered jobs and jobs that ran in the selected time range",
  withSampleData((sql) =>
    withMetricsReader(sql, async (reader) => {
      const [choice] = choices();
      const variables = (await readDashboards()).flatMap(({ variables }) =>
        variables
      );
      deepEqual(variables.map(({ name }) => name), ["job_name"]);
      for (const { query, definition } of variables) {
        equal(query, definition);
        const { fields, rows } = await askDatabase(
          reader,
          expandSql(query, choice),
        );
        deepEqual(fields, [{ name: "job_name", type: "string" }]);
        deepEqual(
          rows.map(({ job_name }) => job_name).sort(),
          [HOSTILE_JOB, ...JOBS].sort(),
        );
      }
    })
  ),
);

Deno.test(
  "every database alert rule runs as metrics_reader and has a value for each job or channel",
  withSampleData((sql) =>
    withMetricsReader(sql, async (reader) => {
      const rules = (await readRules()).filter(({ data: [query] }) =>
        "rawSql" in query.model
      );
      equal(rules.length, 2);
      for (const { title, data: [query], annotations } of rules) {
        if (!("rawSql" in query.model)) continue;
        equal(query.model.format, "table", title);
        // Rules are sent as they are written: Grafana expands nothing in them.
        const { fields, rows } = await askDatabase(reader, query.model.rawSql);
        ok(rows.length > 0, title);
        deepEqual(fields.map(({ type }) => type), ["string", "number"], title);
        assertLabels(annotations, [fields[0].name]);
      }
    })
  ),
);

Deno.test(
  "the database rules fire for a critical job and for alerts that have waited, and for nothing else",
  withSampleData((sql) =>
    withMetricsReader(sql, async (reader) => {
      const firing = async () => {
        const held: string[] = [];
        for (const { uid, data: [query, threshold] } of await readRules()) {
          if (!("rawSql" in query.model)) continue;
          const { fields, rows } = await askDatabase(
            reader,
            query.model.rawSql,
          );
          const { type, params } = threshold.model.conditions[0].evaluator;
          equal(type, "gt");
          for (const row of rows) {
            const [label, value] = fields.map(({ name }) => row[name]);
            if (Number(value) > params[0]) held.push(`${uid} ${label}`);
          }
        }
        return held.sort();
      };
      const critical = async () => {
        const rows = await sql`
          select job ->> 'job_name' as name
          from jsonb_array_elements(public.get_job_health() -> 'jobs') as job
          where job ->> 'status' = 'critical'
        `;
        return rows.map(({ name }) => `duewatch-job-critical ${name}`);
      };
      deepEqual(await firing(), (await critical()).sort());
      ok((await firing()).includes(`duewatch-job-critical ${MAIN_JOB}`));

      await sql`
        insert into public.jobs_log (job_name, started_at, completed_at, status)
        values (${MAIN_JOB}, now(), now(), 'success')
      `;
      await sql`
        update jobs.alert_deliveries
        set queued_at = now() - interval '16 minutes'
      `;
      const held = await firing();
      ok(!held.includes(`duewatch-job-critical ${MAIN_JOB}`));
      ok(held.includes("duewatch-alert-backlog slack"));
    })
  ),
);

Deno.test("an alert rule names its own condition, an existing panel and an existing page", async () => {
  const rules = await readRules();
  equal(new Set(rules.map(({ uid }) => uid)).size, rules.length);
  const dashboards = await readDashboards();
  for (const rule of rules) {
    const [query, threshold] = rule.data;
    equal(query.refId, query.model.refId);
    equal(threshold.model.expression, query.refId);
    equal(threshold.refId, threshold.model.refId);
    equal(rule.condition, threshold.refId);

    const dashboard = dashboards.find(({ uid }) => uid === rule.dashboardUid);
    const panel = dashboard?.panels.find(({ id }) => id === rule.panelId);
    ok(panel, rule.title);
    equal(panel.datasource.uid, query.datasourceUid, rule.title);

    for (const text of Object.values(rule.annotations)) {
      // Grafana would look for an environment variable.
      equal(text.includes("$"), false, rule.title);
      for (const [path] of text.matchAll(/docs\/[\w/.-]+\.md/g)) {
        ok(await readText(path), rule.title);
      }
    }
  }
});

Deno.test(
  "every selector of a panel on job-metrics is in the real answer and has the type of the panel's column",
  withSampleData(async () => {
    const asked = (await targets()).filter(({ target }) => isInfinity(target));
    ok(asked.length > 2);
    for (const choice of choices()) {
      for (const each of asked) {
        if (!isInfinity(each.target)) continue;
        const answer = await askJobMetrics(each.target, choice);
        assertPanelShows(each, answer);
      }
    }
  }),
);

Deno.test(
  "every expression for Prometheus is PromQL, and names only metrics and labels that job-metrics has",
  withSampleData(async () => {
    const labels = await labelsOfMetrics();
    const [choice] = choices();
    const panels = (await targets()).flatMap(({ target, where }) =>
      isProm(target)
        ? [{ where, expr: target.expr, legend: target.legendFormat }]
        : []
    );
    const rules = (await readRules()).flatMap(({ data: [{ model }], title }) =>
      "expr" in model ? [{ where: title, expr: model.expr, legend: "" }] : []
    );
    ok(panels.length > 2);
    equal(rules.length, 2);
    for (const { expr, where, legend } of [...panels, ...rules]) {
      const mentions = mentionsOf(expandText(expr, choice));
      ok(mentions.metrics.length > 0, where);
      for (const metric of mentions.metrics) {
        const known = labels.get(metric) ?? fail(`${where}: ${metric}`);
        const named = [...legend.matchAll(/\{\{(\w+)\}\}/g)];
        for (
          const label of [
            ...mentions.labels,
            ...named.map(([, it]) => it),
          ]
        ) {
          ok(known.includes(label), `${where}: ${metric} has no ${label}`);
        }
      }
    }
  }),
);

Deno.test("the texts of a Prometheus alert rule name only labels that its metrics have", async () => {
  const labels = await labelsOfMetrics();
  for (const { data: [{ model }], annotations } of await readRules()) {
    if (!("expr" in model)) continue;
    const { metrics } = mentionsOf(model.expr);
    assertLabels(
      annotations,
      metrics.flatMap((name) => labels.get(name) ?? []),
    );
  }
});

function assertLabels(
  annotations: Readonly<Record<string, string>>,
  labels: readonly string[],
): void {
  for (const text of Object.values(annotations)) {
    for (const [, label] of text.matchAll(/\.Labels\.(\w+)/g)) {
      ok(labels.includes(label), text);
    }
  }
}

Deno.test("an unknown macro or variable in a query is refused", () => {
  const [choice] = choices();
  for (
    const query of ["$__unixEpoch(a)", "'${DS_X}'", "$__interval", "$other"]
  ) {
    throws(() => expandSql(query, choice), /is unknown/);
  }
  equal(
    expandSql("$__timeGroup(run.started_at, '1d')", choice),
    "floor(extract(epoch from run.started_at)/86400)*86400",
  );
  throws(() => mentionsOf("sum by (job_name (up)"), SyntaxError);
});
