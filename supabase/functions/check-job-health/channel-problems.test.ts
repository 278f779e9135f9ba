import assert from "node:assert/strict";
import { createLogger } from "../_shared/logger.ts";
import { databaseError } from "../_shared/testing/fake-runs.ts";
import type { RpcAnswer } from "../_shared/rpc/client.ts";
import {
  createProblemReporter,
  problemsOfChannels,
} from "./channel-problems.ts";

const wrong = "The email channel is half configured.";
const off = [
  { name: "email", reason: wrong },
  { name: "slack", reason: "SLACK_WEBHOOK_URL is not set." },
];

Deno.test("a channel that is only not used has no problem", () => {
  assert.deepEqual(problemsOfChannels({ on: [], off, problems: [wrong] }), [
    { channel: "email", problem: wrong },
  ]);
  assert.deepEqual(problemsOfChannels({ on: [], off, problems: [] }), []);
});

Deno.test("links that are wrong are a problem of their own", () => {
  const problems = [wrong, "DASHBOARD_URL is wrong.", "RUNBOOK_URL is wrong."];
  assert.deepEqual(problemsOfChannels({ on: [], off, problems }), [
    { channel: "email", problem: wrong },
    {
      channel: "links",
      problem: "DASHBOARD_URL is wrong. RUNBOOK_URL is wrong.",
    },
  ]);
});

function reporter(problems: string[], answers: RpcAnswer[]) {
  const reports: unknown[] = [];
  const lines: string[] = [];
  const report = createProblemReporter(
    (_, args) => {
      reports.push(args);
      return Promise.resolve(
        answers.shift() ??
          { status: 200, data: { problems: problems.length }, error: null },
      );
    },
    { on: [], off, problems },
    createLogger((_, line) => lines.push(line)),
  );
  return { report, reports, lines };
}

Deno.test("that nothing is wrong is reported with every check, also after a failure", async () => {
  const { report, reports, lines } = reporter([], [
    databaseError("57014", "too slow", 500),
  ]);
  await report();
  await report();
  assert.deepEqual(reports, [{ problems: [] }, { problems: [] }]);
  assert.match(lines.join(), /channel_problems_not_reported.*too slow/);
});

Deno.test("what is wrong is reported with every check", async () => {
  const { report, reports } = reporter([wrong], []);
  await report();
  await report();
  const expected = { problems: [{ channel: "email", problem: wrong }] };
  assert.deepEqual(reports, [expected, expected]);
});
