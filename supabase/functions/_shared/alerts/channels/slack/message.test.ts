import assert from "node:assert/strict";
import type { KnownBlock } from "@slack/types";
import { parseEnvironment } from "../../../environment.ts";
import type { Alert } from "../../alert.ts";
import {
  createMessageSettings,
  messageVariables,
} from "../../message/settings.ts";
import {
  RUN_ID,
  sampleAlert,
  sampleAlerts,
  sampleRun,
} from "../../testing/samples.ts";
import { type SlackMessage, slackMessage } from "./message.ts";

const linksOf = (variables: Record<string, string>) =>
  createMessageSettings(
    parseEnvironment(messageVariables, (name) => variables[name]),
  );

const links = linksOf({
  DASHBOARD_URL: "https://grafana.example.com/d/duewatch?a=1&b=<2>",
  RUNBOOK_URL: "https://docs.example.com/runbooks/",
});
const noLinks = linksOf({});

const render = (alert: Alert, to = links) => slackMessage(alert, to);

interface TextObject {
  readonly type: string;
  readonly text: string;
  readonly verbatim?: boolean;
}

function textsOf(block: KnownBlock): readonly TextObject[] {
  switch (block.type) {
    case "header":
      return [block.text];
    case "section":
      return [...block.text ? [block.text] : [], ...block.fields ?? []];
    case "context":
      return block.elements.filter((element) => "text" in element);
    default:
      throw new Error(`an unexpected block: ${block.type}`);
  }
}

const readable = ({ blocks }: SlackMessage) =>
  blocks.flatMap(textsOf).map(({ text }) => text).join("\n");

/** What Slack would refuse, or read as its own markup. */
function assertFitsSlack({ text, blocks }: SlackMessage): void {
  assert(text.length > 0 && text.length <= 3000);
  assert(blocks.length <= 50, `${blocks.length} blocks`);
  for (const block of blocks) {
    if (block.type === "section") assert((block.fields ?? []).length <= 10);
    const limit = block.type === "header" ? 150 : 3000;
    for (const object of textsOf(block)) {
      assert(object.text.length > 0, "an empty text");
      assert(object.text.length <= limit, `${object.text.length} characters`);
      if (object.type === "mrkdwn") assert.equal(object.verbatim, true);
      assertEscaped(object.text);
    }
    if (block.type === "section") {
      for (const field of block.fields ?? []) {
        assert(field.text.length <= 2000);
      }
    }
  }
  assertEscaped(text);
}

function assertEscaped(text: string): void {
  const withoutLinks = text.replace(/<https:\/\/[^<>|]+\|[^<>|]+>/g, "");
  assert.doesNotMatch(withoutLinks, /[<>]/);
  assert.doesNotMatch(withoutLinks, /&(?!amp;|lt;|gt;)/);
  assert(text.isWellFormed(), "half a character");
}

const NASTY = [
  "<!channel> <@U123> <https://evil.example|click>",
  "&".repeat(6000),
  "<>&\"'`*_~".repeat(700),
  "👩‍👩‍👧‍👦".repeat(900),
  "x".repeat(100_000),
  "line\r\nline\nline\ttab\u0000\u202e",
  "```code``` and ````more````",
  "\ud83d half a character",
  "",
  "   ",
];

Deno.test("every kind fits Slack's limits and is escaped", () => {
  for (const alert of sampleAlerts) {
    for (const to of [links, noLinks]) assertFitsSlack(render(alert, to));
  }
});

Deno.test("nothing that a name or an error holds breaks the message", () => {
  for (const text of NASTY) {
    const run = sampleRun({
      error_message: text,
      failed_items: 25,
      trigger_source: text,
      errors: Array(10).fill({ id: null, name: text, error: text }),
    });
    const alerts = [
      sampleAlert("run_failed", {
        job_name: text,
        reminder: 3,
        details: { run, occurrences: 4 },
      }),
      sampleAlert("job_unhealthy", {
        job_name: text,
        details: {
          reasons: Array(40).fill({ code: "run_missed", message: text }),
          last_run_at: text,
          hours_since_last_run: null,
        },
      }),
      sampleAlert("heartbeat", {
        details: {
          since: text,
          warnings: Array(60).fill(text),
          jobs: Array(200).fill({
            job_name: text,
            runs: 7,
            failed_runs: 0,
            last_success_at: text,
          }),
        },
      }),
    ];
    for (const alert of alerts) {
      assertFitsSlack(render(alert));
      assertFitsSlack(render(alert, noLinks));
    }
  }
});

Deno.test("a failed run is shown with its error, its facts and its failed items", () => {
  const message = render(sampleAlert("run_failed"));
  assert.match(
    message.text,
    /^🔴 ALERT: Job Failed - update-installment-statuses: Until a run succeeds, /,
  );
  assert.deepEqual(message.blocks[0], {
    type: "header",
    text: {
      type: "plain_text",
      text: "🔴 Job Failed: update-installment-statuses",
      emoji: false,
    },
  });
  const text = readable(message);
  for (
    const part of [
      "The run failed after 7.4 s",
      "*What happens next*\nDuewatch tries again by itself",
      "*What to do*\nRead the error below.",
      "```\nprocess_installment_batch failed: canceling statement",
      `*Run*\n${RUN_ID}`,
      "*Started*\n2026-11-22 07:00:00 UTC",
      "*Records updated*\n1,250",
      "• *Brisbane College of English*: trigger notify_crm",
      "<https://grafana.example.com/d/duewatch?a=1&amp;b=%3C2%3E|View logs>",
      "<https://docs.example.com/runbooks/run-failed.md|run-failed>",
    ]
  ) {
    assert(text.includes(part), part);
  }
});

Deno.test("without addresses there is no link, and the page is named", () => {
  const text = readable(render(sampleAlert("run_failed"), noLinks));
  assert.match(text, /Runbook: docs\/runbooks\/run-failed\.md/);
  assert.doesNotMatch(text, /View logs/);
});

Deno.test("without a dashboard the page is the first link", () => {
  const settings = linksOf({
    RUNBOOK_URL: "https://docs.example.com/runbooks",
  });
  const text = readable(render(sampleAlert("run_failed"), settings));
  assert.match(
    text,
    /\*<https:\/\/docs\.example\.com\/runbooks\/run-failed\.md\|Open the runbook: run-failed>\*/,
  );
});

Deno.test("what it means, what is next and what to do come before the facts", () => {
  for (const alert of sampleAlerts) {
    const [, ...blocks] = render(alert).blocks;
    const [means, next, toDo, where] = blocks.flatMap(textsOf)
      .map(({ text }) => text);
    assert.match(means, /\.$/, alert.kind);
    assert.match(next, /^\*What happens next\*\n/, alert.kind);
    assert.match(toDo, /^\*What to do\*\n/, alert.kind);
    assert.match(where, /Runbook: /, alert.kind);
  }
});

Deno.test("each reason links to its page", () => {
  const text = readable(render(sampleAlert("job_unhealthy")));
  assert.match(
    text,
    /nothing starts the job\. \(<https:\/\/docs\.example\.com\/runbooks\/schedule-missing\.md\|schedule-missing>\)/,
  );
});

Deno.test("a cut text says so, and a list says how many entries are missing", () => {
  const run = sampleRun({
    error_message: "x".repeat(5000),
    failed_items: 25,
    errors: Array(10).fill({
      id: null,
      name: "Agency",
      error: "y".repeat(900),
    }),
  });
  const text = readable(render(sampleAlert("run_failed", {
    details: { run, occurrences: 1 },
  })));
  assert.match(text, /x\n… \(cut from 5000 characters\)\n```/);
  assert.match(text, /• \*Agency\*: y+…\n/);
  assert.match(text, /… and 15 more$/m);
});

Deno.test("a list that is too long for Slack says how many are missing", () => {
  const text = readable(render(sampleAlert("heartbeat", {
    details: {
      since: null,
      jobs: [],
      warnings: Array(40).fill("w".repeat(250)),
    },
  })));
  const shown = text.match(/^• w/gm)?.length ?? 0;
  assert(shown > 5 && shown < 40);
  assert.match(text, new RegExp(`^… and ${40 - shown} more$`, "m"));
});

Deno.test("an entity is never cut in half, wherever the cut falls", () => {
  for (let before = 0; before < 12; before++) {
    const run = sampleRun({
      error_message: "x".repeat(before) + "&".repeat(2000),
    });
    const alert = sampleAlert("run_failed", {
      job_name: "x".repeat(before) + "<".repeat(200),
      details: { run, occurrences: 1 },
    });
    assertFitsSlack(render(alert));
  }
});

Deno.test("a fence in an error does not end its block", () => {
  const run = sampleRun({ error_message: "a ``` b\n``` c" });
  const [, , , , , { text }] = render(sampleAlert("run_failed", {
    details: { run, occurrences: 1 },
  })).blocks.map((block) => textsOf(block)[0]);
  assert.equal(text.split("```").length, 3);
});

Deno.test("a link's address cannot end the link", () => {
  const odd = linksOf({
    DASHBOARD_URL: "https://grafana.example.com/d?q=a|b>c",
  });
  assert.match(
    readable(render(sampleAlert("run_failed"), odd)),
    /<https:\/\/grafana\.example\.com\/d\?q=a%7Cb%3Ec\|View logs>/,
  );
});
