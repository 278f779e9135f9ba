import { deepEqual, equal, notEqual, throws } from "node:assert/strict";
import { EnvironmentError } from "../../supabase/functions/_shared/environment.ts";
import { type HealthServer, serveHealth } from "./healthz.ts";
import { ListenerStatus } from "./listener_status.ts";

function serveOrFail(
  status: ListenerStatus,
  port: number | undefined,
): HealthServer {
  const server = serveHealth(() => status.report(), port);
  if (server === null) throw new Error("There is no server.");
  return server;
}

Deno.test("the answer is 200 while all is well and 503 while it is not, with the report", async () => {
  const status = new ListenerStatus(["slack"]);
  await using server = serveOrFail(status, 0);

  const before = await fetch(server.url);
  equal(before.status, 503);
  equal((await before.json()).status, "not_listening");

  status.listens();
  const after = await fetch(server.url);
  equal(after.status, 200);
  deepEqual(await after.json(), status.report());
});

Deno.test("there is nothing but GET and HEAD of /healthz", async () => {
  await using server = serveOrFail(new ListenerStatus([]), 0);
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

Deno.test("a second listener on one machine takes another port by itself", async () => {
  await using first = serveOrFail(new ListenerStatus([]), undefined);
  await using second = serveOrFail(new ListenerStatus([]), undefined);
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
    () => serveOrFail(new ListenerStatus([]), stranger.addr.port),
    (error) =>
      error instanceof EnvironmentError &&
      /ALERT_LISTENER_HEALTH_PORT/.test(error.message),
  );
});

Deno.test("off is off", () => {
  equal(serveHealth(() => new ListenerStatus([]).report(), "off"), null);
});
