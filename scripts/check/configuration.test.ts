// Compares docs/reference/configuration.md with what the code reads.
import { deepEqual, equal, ok } from "node:assert/strict";
import { z } from "zod";
import { functionNames, jobNames } from "../functions/catalog.ts";
import { readEnvironment } from "../job-alert-listener/environment.ts";
import {
  channelVariables,
  configureChannels,
} from "../../supabase/functions/_shared/alerts/channels.ts";
import { email } from "../../supabase/functions/_shared/alerts/channels/email/email.ts";
import { slack } from "../../supabase/functions/_shared/alerts/channels/slack/slack.ts";
import { webhook } from "../../supabase/functions/_shared/alerts/channels/webhook/webhook.ts";
import {
  databaseVariables,
  EnvironmentError,
  parseEnvironment,
} from "../../supabase/functions/_shared/environment.ts";
import { jobVariables } from "../../supabase/functions/_shared/jobs/serve-job.ts";
import { variables as healthVariables } from "../../supabase/functions/check-job-health/handler.ts";
import { variables as controlVariables } from "../../supabase/functions/job-control/handler.ts";
import { variables as logsVariables } from "../../supabase/functions/job-logs/handler.ts";
import { variables as metricsVariables } from "../../supabase/functions/job-metrics/handler.ts";
import { updateInstallmentStatuses } from "../../supabase/functions/update-installment-statuses/job.ts";
import { weeklyOverdueDigest } from "../../supabase/functions/weekly-overdue-digest/job.ts";
import {
  functionRows,
  listenerRows,
  page,
  repoDir,
  rowsUnder,
  SECTIONS,
  sorted,
} from "./configuration_page.ts";
import { codeIn, tablesUnder } from "./markdown_tables.ts";

type Shape = Readonly<Record<string, z.ZodType>>;

const FUNCTIONS: Readonly<Record<string, Shape>> = {
  "check-job-health": healthVariables,
  "job-control": controlVariables,
  "job-logs": logsVariables,
  "job-metrics": metricsVariables,
  "update-installment-statuses": {
    ...jobVariables,
    ...updateInstallmentStatuses.variables,
  },
  "weekly-overdue-digest": {
    ...jobVariables,
    ...weeklyOverdueDigest.variables,
  },
};

// As they are checked: check-job-health takes any text, and judges it later.
const CHECKED: Shape = Object.assign(
  { ...databaseVariables },
  ...Object.values(FUNCTIONS),
  slack.variables,
  email.variables,
  webhook.variables,
);

Deno.test("the page lists each variable that a function reads, and which functions read it", async () => {
  const jobs = await jobNames(repoDir);
  // A job that somebody has added is described where they describe it.
  const isKnown = (name: string) => name in FUNCTIONS || jobs.includes(name);
  deepEqual(
    (await functionNames(repoDir)).filter((name) => !isKnown(name)),
    [],
  );
  const named = new Map(
    tablesUnder(page, "Functions")[0].map((row) => [
      row["read by"],
      codeIn(row.functions),
    ]),
  );
  named.set("all", Object.keys(FUNCTIONS));
  deepEqual(named.get("jobs"), jobs.filter((name) => name in FUNCTIONS));

  const listed = Object.fromEntries(
    [...functionRows].map(([name, row]) => [
      name,
      row["read by"].split(", ").flatMap((word) => named.get(word) ?? word)
        .sort(),
    ]),
  );
  const read: Record<string, string[]> = {};
  for (const [name, shape] of Object.entries(FUNCTIONS)) {
    for (const variable of Object.keys({ ...databaseVariables, ...shape })) {
      (read[variable] ??= []).push(name);
    }
  }
  deepEqual(sorted(listed), sorted(read));
});

Deno.test("the defaults of functions and of the alert listener are those of the code", () => {
  for (const [name, { default: written }] of functionRows) {
    equal(written, defaultOf(CHECKED[name]), name);
  }
  const { pollIntervalMs, probeIntervalMs, healthPort } = readEnvironment(
    (name) => name === "DATABASE_URL" ? "postgresql://a@b/c" : undefined,
  );
  equal(healthPort, undefined, "the default is that of serveHealth()");
  deepEqual(
    [...listenerRows].map(([name, row]) => [name, row.default]),
    [
      ["DATABASE_URL", "required"],
      ["ALERT_LISTENER_HEALTH_PORT", "54330"],
      ["ALERT_LISTENER_POLL_SECONDS", String(pollIntervalMs / 1000)],
      ["ALERT_LISTENER_PROBE_SECONDS", String(probeIntervalMs / 1000)],
    ],
  );
});

Deno.test("the bounds that the page gives are those of the code", () => {
  const bounded = [...functionRows, ...listenerRows]
    .flatMap(([name, { value }]) => {
      const [, least, most] = /^(\d+) to (\d+) (?!mailboxes)/.exec(value) ?? [];
      return least === undefined
        ? []
        : [{ name, least: Number(least), most: Number(most) }];
    });
  deepEqual(bounded.map(({ name }) => name), [
    "FUNCTION_WALL_CLOCK_SECONDS",
    "DIGEST_MAILS_PER_SECOND",
    "ALERT_LISTENER_POLL_SECONDS",
    "ALERT_LISTENER_PROBE_SECONDS",
  ]);
  for (const { name, least, most } of bounded) {
    deepEqual(
      [least - 1, least, most, most + 1].map((value) => accepts(name, value)),
      [false, true, true, false],
      name,
    );
  }
});

Deno.test("a wrong value does what the page says", () => {
  const wrong: Readonly<Record<string, string>> = {
    JOBS_API_KEY: "short",
    JOBS_READ_KEY: "short",
    SUPABASE_FUNCTION_KEY: "short",
    FUNCTION_WALL_CLOCK_SECONDS: "long",
    SUPABASE_URL: "ftp://a.example",
    SUPABASE_SECRET_KEYS: "none",
    SUPABASE_SERVICE_ROLE_KEY: "kéy",
    SUPABASE_PUBLISHABLE_KEYS: "none",
    SUPABASE_ANON_KEY: "kéy",
    SUPABASE_JWKS: "none",
    SLACK_WEBHOOK_URL: "http://hooks.example",
    RESEND_API_KEY: "kéy",
    RESEND_BASE_URL: "http://resend.example",
    ALERT_EMAIL_FROM: "nobody",
    ALERT_EMAIL_TO: "nobody",
    WEBHOOK_URL: "http://hooks.example",
    WEBHOOK_SECRET: "whsec_short",
    DASHBOARD_URL: "nowhere",
    RUNBOOK_URL: "nowhere",
    ALERT_TIMEZONE: "Mars",
    DIGEST_EMAIL_FROM: "nobody",
    DIGEST_LINK_URL: "nowhere",
    DIGEST_MAILS_PER_SECOND: "51",
  };
  deepEqual(Object.keys(wrong).sort(), [...functionRows.keys()].sort());
  const right = {
    SLACK_WEBHOOK_URL: "https://hooks.example/1",
    RESEND_API_KEY: "re_1",
    ALERT_EMAIL_FROM: "a@example.com",
    ALERT_EMAIL_TO: "a@example.com",
    WEBHOOK_URL: "https://hooks.example/2",
    WEBHOOK_SECRET: `whsec_${"A".repeat(32)}`,
  };
  for (const heading of [SECTIONS.keys, SECTIONS.platform, SECTIONS.digest]) {
    for (const name of rowsUnder(heading).keys()) {
      equal(accepts(name, wrong[name]), false, name);
    }
  }
  for (const name of rowsUnder(SECTIONS.channels).keys()) {
    const channel = channelOf(name);
    const { on, problems } = configureChannels({
      ...right,
      [name]: wrong[name],
    });
    deepEqual(
      on.map((kept) => kept.name),
      ["slack", "email", "webhook"].filter((kept) => kept !== channel),
    );
    equal(problems.length, 1, name);
    ok(problems[0].includes(name), problems[0]);
    equal(
      problems[0].includes(wrong[name]),
      false,
      "the value is not repeated",
    );
  }
  for (const name of rowsUnder(SECTIONS.messages).keys()) {
    const { on, problems } = configureChannels({
      ...right,
      [name]: wrong[name],
    });
    deepEqual([on.length, problems.length], [3, 1], name);
  }
  deepEqual(
    [
      ...rowsUnder(SECTIONS.channels).keys(),
      ...rowsUnder(SECTIONS.messages).keys(),
    ].sort(),
    Object.keys(channelVariables).sort(),
  );
});

function channelOf(name: string): string {
  if (name.startsWith("SLACK")) return "slack";
  return name.startsWith("WEBHOOK") ? "webhook" : "email";
}

/** Whether the code takes a value for a variable. */
function accepts(name: string, value: string | number): boolean {
  const given: Readonly<Record<string, string>> = {
    DATABASE_URL: "postgresql://a@b/c",
    [name]: String(value),
  };
  try {
    if (listenerRows.has(name)) readEnvironment((of) => given[of]);
    else parseEnvironment({ [name]: CHECKED[name] }, (of) => given[of]);
    return true;
  } catch (error) {
    if (error instanceof EnvironmentError) return false;
    throw error;
  }
}

/** A default as the page writes it. */
function defaultOf(type: z.ZodType): string {
  const parsed = type.safeParse(undefined);
  if (!parsed.success) return "required";
  const { data } = parsed;
  if (typeof data === "string") return `\`${data}\``;
  if (typeof data === "number") return String(data);
  return "–";
}
