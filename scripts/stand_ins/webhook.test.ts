import { deepEqual, equal } from "node:assert/strict";
import { createHmac } from "node:crypto";
import { always } from "./scenario.ts";
import { startWebhook, webhookRefusals } from "./webhook.ts";

const BODY = JSON.stringify({
  type: "duewatch.test",
  timestamp: "2026-11-22T07:00:00Z",
  data: { alertId: "5f0a3c1e-0a52-4a35-9c1d-3a8a1f0e7b11", text: "hello" },
});

type Webhook = Awaited<ReturnType<typeof startWebhook>>;

/** Signs as the specification's pseudo-code does. */
function signature(webhook: Webhook, id: string, at: number, body = BODY) {
  const secret = webhook.environment.WEBHOOK_SECRET.slice("whsec_".length);
  const key = Uint8Array.from(atob(secret), (each) => each.charCodeAt(0));
  return "v1," + createHmac("sha256", key).update(`${id}.${at}.${body}`)
    .digest("base64");
}

async function post(
  { environment }: Webhook,
  headers: Record<string, string>,
  body = BODY,
): Promise<number> {
  const response = await fetch(environment.WEBHOOK_URL, {
    method: "POST",
    headers: { "Content-Type": "application/json", ...headers },
    body,
    redirect: "manual",
  });
  await response.body?.cancel();
  return response.status;
}

const now = () => Math.floor(Date.now() / 1000);

function signed(webhook: Webhook, { id = "msg_1", at = now() } = {}) {
  return {
    "webhook-id": id,
    "webhook-timestamp": String(at),
    "webhook-signature": signature(webhook, id, at),
  };
}

Deno.test("a message that is signed is taken, also beside another signature", async () => {
  await using webhook = await startWebhook();
  const headers = signed(webhook);
  equal(await post(webhook, headers), 204);
  const rotated = `v1,AAAA v1a,x ${headers["webhook-signature"]}`;
  equal(await post(webhook, { ...headers, "webhook-signature": rotated }), 204);
  deepEqual(
    webhook.calls.entries.map(({ message, text, delivered }) => ({
      message,
      text,
      delivered,
    })),
    Array(2).fill({ message: "msg_1", text: "hello", delivered: true }),
  );
});

Deno.test("a message without its signature is refused", async () => {
  await using webhook = await startWebhook();
  const headers = signed(webhook);
  const stale = signed(webhook, { at: now() - 3600 });
  equal(await post(webhook, {}), 401);
  equal(await post(webhook, { ...headers, "webhook-id": "msg_2" }), 401);
  equal(await post(webhook, headers, `${BODY} `), 401);
  equal(await post(webhook, stale), 401);
  equal(await post(webhook, { ...headers, "webhook-signature": "v1,%%" }), 401);
  equal(webhook.calls.entries.some(({ delivered }) => delivered), false);
});

Deno.test("it refuses as a scenario says", async () => {
  await using webhook = await startWebhook();
  webhook.follow(always(webhookRefusals.gone));
  equal(await post(webhook, signed(webhook)), 410);
  webhook.follow(always(webhookRefusals.redirect("http://127.0.0.1:1/")));
  equal(await post(webhook, signed(webhook)), 307);
});
