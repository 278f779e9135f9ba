import { deepEqual, equal, rejects } from "node:assert/strict";
import { Connection } from "./connection.ts";

/** A connection to a server that treats its callers in this way. */
async function withServer(
  serve: (caller: Deno.TcpConn) => void,
  test: (connection: Connection) => Promise<void>,
  { isListening = true } = {},
): Promise<number> {
  let calls = 0;
  using server = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const { port } = server.addr;
  if (!isListening) server.close();
  const serving = (async () => {
    if (!isListening) return;
    for await (const caller of server) {
      calls += 1;
      serve(caller);
    }
  })();
  await test(
    new Connection({
      host: "127.0.0.1",
      port,
      user: "postgres",
      password: "",
      database: "postgres",
      ssl: false,
      connection: {},
    }, { name: "test", answerTimeoutMs: 1_000 }),
  );
  if (isListening) server.close();
  await serving;
  return calls;
}

Deno.test("a server that hangs up before it is ready fails the statement, after one attempt", async () => {
  const calls = await withServer(
    (caller) => caller.close(),
    async (connection) => {
      await rejects(
        connection.ask("select 1"),
        /closed the connection before it was ready/,
      );
      await rejects(connection.ask("select 1"));
    },
  );
  equal(calls, 1);
});

Deno.test("all statements that wait for a connection fail with the reason why there is none", async () => {
  await withServer(() => {}, async ({ ask }) => {
    deepEqual(
      (await Promise.allSettled([ask("select 1"), ask("select 2")])).map(
        (outcome) => outcome.status === "rejected" && outcome.reason.code,
      ),
      ["ECONNREFUSED", "ECONNREFUSED"],
    );
  }, { isListening: false });
});

Deno.test("an abandoned connection fails the statement under way with the reason", async () => {
  const callers: Deno.TcpConn[] = [];
  await withServer((caller) => callers.push(caller), async (connection) => {
    const answer = connection.ask("select 1");
    connection.abandon(new Error("the listener stops"));
    await rejects(answer, /^Error: the listener stops$/);
    equal(connection.ended.aborted, true);
    await connection[Symbol.asyncDispose]();
  });
  for (const caller of callers) caller.close();
});
