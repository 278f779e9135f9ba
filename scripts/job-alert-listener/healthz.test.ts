import { deepEqual, equal, notEqual, throws } from "node:assert/strict";
import { EnvironmentError } from "../../supabase/functions/_shared/environment.ts";
import { Condition } from "./condition.ts";
import { type HealthServer, serveHealth } from "./healthz.ts";

function serveOrFail(
  condition: Condition,
  port: number | undefined,
): HealthServer {
  const server = serveHealth(() => condition.report(), port);
  if (server === null) throw new Error("There is no server.");
  return server;
}

Deno.test("the answer is 200 while all is well and 503 while it is not, with the report", async () => {
  const condition = new Condition(["slack"]);
  await using server = serveOrFail(condition, 0);

  const before = await fetch(server.url);
  equal(before.status, 503);
  equal((await before.json()).status, "not_listening");

  condition.listens();
  const after = await fetch(server.url);
  equal(after.status, 200);
  deepEqual(await after.json(), condition.report());
});

Deno.test("there is nothing but GET and HEAD of /healthz", async () => {
  await using server = serveOrFail(new Condition([]), 0);
  const post = await fetch(server.url, { method: "POST" });
  equal(post.status, 405);
  equal(post.headers.get("Allow"), "GET, HEAD");
  await post.body?.cancel();
  const head = await fetch(server.url, { method: "HEAD" });
  equal(head.status, 503);
  await head.body?.cancel();
  const other = await fetch(new URL("/", server.url));
  equal(other.status, 404);
  await other.body?.cancel();
});

Deno.test("a second listener on one machine takes another port of its own accord", async () => {
  await using first = serveOrFail(new Condition([]), undefined);
  await using second = serveOrFail(new Condition([]), undefined);
  notEqual(first.url, second.url);
  for (const { url } of [first, second]) {
    const answer = await fetch(url);
    equal(answer.status, 503);
    await answer.body?.cancel();
  }
});

Deno.test("a port that was asked for and is taken is refused by the variable's name", () => {
  using stranger = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  throws(
    () => serveOrFail(new Condition([]), stranger.addr.port),
    (error) =>
      error instanceof EnvironmentError &&
      /ALERT_LISTENER_HEALTH_PORT/.test(error.message),
  );
});

Deno.test("off is off", () => {
  equal(serveHealth(() => new Condition([]).report(), "off"), null);
});
