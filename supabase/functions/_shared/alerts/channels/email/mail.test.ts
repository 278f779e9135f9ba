import assert from "node:assert/strict";
import type { Alert } from "../../alert.ts";
import type { Description } from "../../message/description.ts";
import { describe } from "../../message/describe.ts";
import { createMessageSettings } from "../../message/settings.ts";
import {
  RUN_ID,
  sampleAlert,
  sampleAlerts,
  sampleRun,
} from "../../testing/samples.ts";
import { formatInstant } from "../../../format.ts";
import { alertMail } from "./mail.ts";

const links = createMessageSettings({
  DASHBOARD_URL: "https://grafana.example.com/d/duewatch?a=1&b=2",
  RUNBOOK_URL: "https://docs.example.com/runbooks",
});
const noLinks = createMessageSettings({});

const render = (alert: Alert, to = links) => alertMail(alert, to);

const NASTY =
  `<script>alert("1")</script> & 'quoted' <img src=x onerror=y> 👩‍👩‍👧 `;

/** What a reader sees of the HTML, as a browser would decode it. */
function visible(html: string): string {
  return html
    .replace(/^.*<body/s, "<body")
    .replace(/<br>/g, "\n")
    .replace(/<[^>]*>/g, "")
    .replaceAll("&lt;", "<")
    .replaceAll("&gt;", ">")
    .replaceAll("&quot;", '"')
    .replaceAll("&#39;", "'")
    .replaceAll("&amp;", "&");
}

/** Every text of a description. */
function saidIn({ parts, ...description }: Description): string[] {
  const { title, jobName, summary, next, toDo, error } = description;
  return [
    ...[title, jobName, summary, next, toDo, error].filter((text) =>
      text !== null
    ),
    ...parts.flatMap((part) =>
      part.kind === "facts"
        ? part.facts.flatMap(({ label, value }) => [label, value])
        : [
          part.title,
          ...part.entries.flatMap(({ name, text }) => [name ?? "", text]),
        ]
    ),
  ];
}

Deno.test("both parts of every mail say all there is to say", () => {
  for (const alert of sampleAlerts) {
    const { html, text } = render(alert);
    for (
      const said of [...saidIn(describe(alert, formatInstant)), alert.alert_id]
    ) {
      assert(visible(html).includes(said), `${alert.kind}, HTML: ${said}`);
      assert(text.includes(said), `${alert.kind}, text: ${said}`);
    }
  }
});

Deno.test("a failed run is shown with its error, its facts and its failed items", () => {
  const { subject, html, text } = render(sampleAlert("run_failed"));
  assert.equal(subject, "ALERT: Job Failed - update-installment-statuses");
  for (const part of [visible(html), text]) {
    for (
      const said of [
        "The run failed after 7.4 s: 15 of 24 items were not reached",
        "canceling statement due to statement timeout (57014)",
        RUN_ID,
        "2026-11-22 07:00:00 UTC",
        "1,250",
        "3 of 24",
        "Brisbane College of English",
        "the amount must be positive (23514)",
      ]
    ) {
      assert(part.includes(said), said);
    }
  }
});

Deno.test("failure is red, success green, a missed run amber", () => {
  const bandOf = (alert: Alert) =>
    /<td bgcolor="(#[0-9a-f]{6})"/.exec(render(alert).html)?.[1];
  assert.deepEqual(
    Object.fromEntries(
      sampleAlerts.map((alert) => [alert.kind, bandOf(alert)]),
    ),
    {
      run_failed: "#b42318",
      run_degraded: "#fdb022",
      item_failing: "#fdb022",
      run_missed: "#fdb022",
      job_unhealthy: "#fdb022",
      run_succeeded: "#067647",
      job_recovered: "#067647",
      heartbeat: "#067647",
      test: "#067647",
    },
  );
});

Deno.test("the button leads to the dashboard and the link to the page", () => {
  const { html, text } = render(sampleAlert("run_failed"));
  assert.match(
    html,
    /<a href="https:\/\/grafana\.example\.com\/d\/duewatch\?a=1&amp;b=2"[^>]*>View logs<\/a>/,
  );
  assert.match(
    html,
    /href="https:\/\/docs\.example\.com\/runbooks\/run-failed\.md"/,
  );
  assert.match(
    text,
    /^View logs: https:\/\/grafana\.example\.com\/d\/duewatch\?a=1&b=2$/m,
  );
  assert.match(
    text,
    /^Runbook: https:\/\/docs\.example\.com\/runbooks\/run-failed\.md$/m,
  );
});

Deno.test("without addresses there is no button, and the page is named", () => {
  const { html, text } = render(sampleAlert("run_failed"), noLinks);
  assert.doesNotMatch(html, /<a /);
  assert.match(html, /docs\/runbooks\/run-failed\.md/);
  assert.match(text, /^Runbook: docs\/runbooks\/run-failed\.md$/m);
});

Deno.test("without a dashboard the button leads to the page", () => {
  const settings = createMessageSettings({
    RUNBOOK_URL: "https://docs.example.com/runbooks",
  });
  const { html, text } = render(sampleAlert("run_failed"), settings);
  const page = "https://docs.example.com/runbooks/run-failed.md";
  assert(html.includes(`<a href="${page}"`));
  assert.match(html, />Open the runbook<\/a>/);
  assert(text.includes(`Open the runbook: ${page}`));
});

Deno.test("the reader's clock stands beside UTC", () => {
  const settings = createMessageSettings({ ALERT_TIMEZONE: "Asia/Kathmandu" });
  const { html, text } = render(sampleAlert("run_failed"), settings);
  for (const part of [visible(html), text]) {
    assert(part.includes("2026-11-22 07:00:00 UTC (12:45:00 in Kathmandu)"));
  }
});

Deno.test("each reason links to its page", () => {
  const { html, text } = render(sampleAlert("job_unhealthy"));
  assert.match(html, /href="https:\/\/docs[^"]*\/schedule-missing\.md"/);
  assert.match(
    text,
    /starts the job\.\n {2}https:\/\/docs.*\/schedule-missing\.md/,
  );
});

Deno.test("everything that others wrote is escaped", () => {
  const run = sampleRun({
    error_message: NASTY,
    trigger_source: NASTY,
    errors: [{ id: NASTY, name: NASTY, error: NASTY }],
    failed_items: 1,
  });
  const alerts = [
    sampleAlert("run_failed", {
      job_name: NASTY,
      details: { run, occurrences: 1 },
    }),
    sampleAlert("job_unhealthy", {
      job_name: NASTY,
      details: {
        reasons: [{ code: NASTY, message: NASTY }],
        last_run_at: NASTY,
        hours_since_last_run: null,
      },
    }),
    sampleAlert("heartbeat", {
      details: { since: NASTY, jobs: [], warnings: [NASTY] },
    }),
  ];
  const harmless = new Set(
    render(sampleAlert("run_failed")).html.match(/<[a-z!][a-z-]*/gi),
  );
  for (const alert of alerts) {
    const { html } = render(alert);
    for (const tag of html.match(/<[a-z!][a-z-]*/gi) ?? []) {
      assert(harmless.has(tag), tag);
    }
    assert(visible(html).includes(NASTY.trim()));
    assert.doesNotMatch(html, /&amp;(?:lt|amp|#39);/, "escaped twice");
  }
});

Deno.test("a line feed in a name adds no header to the mail", () => {
  const { subject } = render(sampleAlert("run_failed", {
    job_name: "nightly\r\nBcc: all@example.com\u2028x",
  }));
  assert.equal(
    subject,
    "ALERT: Job Failed - nightly Bcc: all@example.com x",
  );
});

Deno.test("an error keeps its lines and their indentation", () => {
  const run = sampleRun({ error_message: "first\r\n  second\n\n\tthird" });
  const { html, text } = render(sampleAlert("run_failed", {
    details: { run, occurrences: 1 },
  }));
  assert.match(html, />first<br> {2}second<br><br>\tthird<\/td>/);
  assert.match(text, /^Error\n {2}first\n {4}second\n {2}\n {2}\tthird$/m);
});

Deno.test("the largest mail stays below what mail clients cut off", () => {
  const long = "👩‍👩‍👧‍👦&<\"'".repeat(20_000);
  const run = sampleRun({
    error_message: long,
    failed_items: 5000,
    errors: Array(10).fill({ id: null, name: long, error: long }),
  });
  const { subject, html, text } = render(sampleAlert("run_failed", {
    job_name: long,
    reminder: 2,
    details: { run, occurrences: 3 },
  }));
  const bytes = (part: string) => new TextEncoder().encode(part).length;
  assert(bytes(html) < 102_000, `${bytes(html)} bytes`);
  assert(bytes(text) < 102_000, `${bytes(text)} bytes`);
  assert(subject.length <= 150);
  assert.match(subject, /… \(still failing, day 3\)$/);
  for (const part of [html, text]) {
    assert.match(part, new RegExp(`\\(cut from ${long.length} characters\\)`));
    assert.match(part, /… and 4990 more/);
    assert(part.isWellFormed());
  }
});

Deno.test("the page is as wide as the card, and its text as wide as the screen", () => {
  const { html } = render(sampleAlert("run_failed"));
  assert.match(html, /max-width:600px/);
  assert.doesNotMatch(html, /<(?:img|script|link|iframe|form)/);
});
