import { deepEqual, equal, rejects } from "node:assert/strict";
import { acceptedThenReset, hang, inTurn, late, reset } from "./scenario.ts";
import {
  type SlackCall,
  slackRefusals,
  type SlackStandIn,
  startSlack,
} from "./slack.ts";

const SECTION = { type: "section", text: { type: "mrkdwn", text: "*hello*" } };

Deno.test("a message with blocks of every kind is accepted", async () => {
  await using slack = await startSlack();
  const text = { type: "plain_text", text: "x".repeat(150), emoji: true };
  const answer = await post(slack, {
    text: "hello",
    blocks: [
      { type: "header", text },
      { ...SECTION, fields: [{ type: "mrkdwn", text: "*Job*" }] },
      { type: "divider" },
      { type: "context", elements: [{ type: "mrkdwn", text: "small" }] },
      {
        type: "actions",
        elements: [{
          type: "button",
          text: { type: "plain_text", text: "Logs" },
          url: "https://example.com/logs",
        }],
      },
    ],
  });
  deepEqual(answer, { status: 200, body: "ok" });
  const [call] = slack.calls.entries;
  equal(call.delivered, true);
  equal(call.content?.blocks.length, 5);
});

const INVALID = "invalid_blocks";

const REFUSED: readonly (readonly [string, unknown, string])[] = [
  ["no text", { blocks: [SECTION] }, "no_text"],
  ["an empty text", { text: "" }, "no_text"],
  ["a list", [], "invalid_payload"],
  ["51 blocks", { text: "x", blocks: Array(51).fill(SECTION) }, INVALID],
  [
    "a header of 151 characters",
    withText("header", "plain_text", 151),
    INVALID,
  ],
  ["a header in markdown", withText("header", "mrkdwn", 10), INVALID],
  ["an empty header", withText("header", "plain_text", 0), INVALID],
  [
    "a section of 3,001 characters",
    withText("section", "mrkdwn", 3001),
    INVALID,
  ],
  ["a section without text or fields", withBlock({ type: "section" }), INVALID],
  ["eleven fields", withFields(11, 1), INVALID],
  ["a field of 2,001 characters", withFields(1, 2001), INVALID],
  ["a block of an unknown kind", withBlock({ type: "heading" }), INVALID],
  [
    "two blocks with one id",
    { text: "x", blocks: Array(2).fill({ ...SECTION, block_id: "a" }) },
    INVALID,
  ],
];

for (const [what, message, error] of REFUSED) {
  Deno.test(`${what} is answered 400 ${error}`, async () => {
    await using slack = await startSlack();
    deepEqual(await post(slack, message), { status: 400, body: error });
    const [call] = slack.calls.entries;
    equal(call.delivered, false);
    equal(call.fault, error);
  });
}

Deno.test("a message at the limits is accepted", async () => {
  await using slack = await startSlack();
  for (
    const message of [
      { text: "x", blocks: Array(50).fill(SECTION) },
      withText("section", "mrkdwn", 3000),
      withFields(10, 2000),
    ]
  ) {
    equal((await post(slack, message)).status, 200);
  }
});

Deno.test("a body that is not JSON, or not declared as JSON, is answered 400 invalid_payload", async () => {
  await using slack = await startSlack();
  const broken = await fetch(slack.webhookUrl, {
    method: "POST",
    headers: { "Content-Type": "application/json" },
    body: "{",
  });
  equal(await broken.text(), "invalid_payload");
  const unnamed = await fetch(slack.webhookUrl, {
    method: "POST",
    body: '{"text":"x"}',
  });
  equal(await unnamed.text(), "invalid_payload");
});

Deno.test("a call without the secret is refused, and uses up no fault", async () => {
  await using slack = await startSlack();
  slack.follow(inTurn(slackRefusals.noService));
  const stranger = await fetch(`${slack.webhookUrl}x`, { method: "POST" });
  equal(stranger.status, 403);
  equal(await stranger.text(), "invalid_token");
  equal((await post(slack, { text: "x" })).body, "no_service");
});

Deno.test("its errors have the status and the name that Slack gives them", async () => {
  await using slack = await startSlack();
  const { actionProhibited, noService, channelIsArchived, rollupError } =
    slackRefusals;
  slack.follow(
    inTurn(actionProhibited, noService, channelIsArchived, rollupError),
  );
  const answers = [];
  for (let call = 0; call < 5; call++) {
    answers.push(await post(slack, { text: "x" }));
  }
  deepEqual(answers, [
    { status: 403, body: "action_prohibited" },
    { status: 404, body: "no_service" },
    { status: 410, body: "channel_is_archived" },
    { status: 500, body: "rollup_error" },
    { status: 200, body: "ok" },
  ]);
});

Deno.test("too many calls are answered 429 with Retry-After", async () => {
  await using slack = await startSlack();
  slack.follow(inTurn(slackRefusals.rateLimited(30)));
  const answer = await fetch(slack.webhookUrl, {
    method: "POST",
    headers: { "Content-Type": "application/json" },
    body: '{"text":"x"}',
  });
  await answer.text();
  equal(answer.status, 429);
  equal(answer.headers.get("Retry-After"), "30");
});

Deno.test("a caller cannot distinguish a lost message from an accepted one", async () => {
  await using slack = await startSlack();
  slack.follow(inTurn(reset, acceptedThenReset));
  await rejects(post(slack, { text: "lost" }), TypeError);
  await rejects(post(slack, { text: "taken" }), TypeError);
  const { entries } = slack.calls;
  deepEqual(entries.map(({ delivered }) => delivered), [false, true]);
  deepEqual(entries.map(({ fault }) => fault), [
    "reset",
    "accepted_then_reset",
  ]);
});

Deno.test("a call can hang until the caller gives up, and others go on", async () => {
  await using slack = await startSlack();
  slack.follow(inTurn(hang));
  const giveUp = new AbortController();
  const hanging = post(slack, { text: "hang" }, giveUp.signal);
  const refused = rejects(hanging, { name: "AbortError" });
  const call: SlackCall = await slack.calls.first(() => true);
  equal(call.fault, "hang");
  equal((await post(slack, { text: "x" })).status, 200);
  giveUp.abort();
  await refused;
});

Deno.test("a message is accepted before the caller gets the answer", async () => {
  await using slack = await startSlack();
  const answer = Promise.withResolvers<void>();
  slack.follow(inTurn(late(answer.promise)));
  const waiting = post(slack, { text: "first" });
  const call: SlackCall = await slack.calls.first(() => true);
  equal(call.delivered, true);
  equal((await post(slack, { text: "second" })).status, 200);

  const settled = Symbol("nothing so far");
  equal(await Promise.race([waiting, Promise.resolve(settled)]), settled);
  answer.resolve();
  deepEqual(await waiting, { status: 200, body: "ok" });
});

async function post(
  slack: SlackStandIn,
  message: unknown,
  signal?: AbortSignal,
): Promise<{ status: number; body: string }> {
  const answer = await fetch(slack.webhookUrl, {
    method: "POST",
    headers: { "Content-Type": "application/json; charset=utf-8" },
    body: JSON.stringify(message),
    signal,
  });
  return { status: answer.status, body: await answer.text() };
}

function withBlock(block: unknown): unknown {
  return { text: "x", blocks: [block] };
}

function withText(type: string, format: string, length: number): unknown {
  return withBlock({ type, text: { type: format, text: "x".repeat(length) } });
}

function withFields(count: number, length: number): unknown {
  const field = { type: "mrkdwn", text: "x".repeat(length) };
  return withBlock({ type: "section", fields: Array(count).fill(field) });
}

Deno.test("the text of a message is kept as a person reads it", async () => {
  await using slack = await startSlack();
  await post(slack, {
    text: "Job Failed: a&amp;b",
    blocks: [
      { type: "section", text: { type: "mrkdwn", text: "&lt;!channel&gt;" } },
      { type: "context", elements: [{ type: "mrkdwn", text: "&amp;lt;" }] },
    ],
  });
  const [{ text }] = slack.calls.entries;
  equal(text, "Job Failed: a&b\n<!channel>\n&lt;");
});
