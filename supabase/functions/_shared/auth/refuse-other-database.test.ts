import assert from "node:assert/strict";
import { createFunctionApp } from "../http/app.ts";
import { createLogger } from "../logger.ts";
import type { RpcAnswer } from "../rpc/client.ts";
import { assertError } from "../testing/assert-error.ts";
import { databaseError, networkError } from "../testing/fake-runs.ts";
import { refuseOtherDatabase } from "./refuse-other-database.ts";

const OURS = "0123456789abcdef";

function setUp(
  answer: (fingerprint: string) => RpcAnswer = (fingerprint) => ({
    status: 200,
    data: fingerprint === OURS,
    error: null,
  }),
) {
  const lines: string[] = [];
  const asked: unknown[] = [];
  const log = createLogger((_, line) => lines.push(line));
  const app = createFunctionApp("POST", log);
  const middleware = refuseOtherDatabase((name, args) => {
    assert.equal(name, "is_this_database");
    const { fingerprint } = JSON.parse(JSON.stringify(args));
    asked.push(fingerprint);
    return Promise.resolve(answer(fingerprint));
  }, log);
  app.post("*", middleware, (context) => context.text("done"));
  const send = async (database?: string) =>
    await app.fetch(
      new Request("http://localhost/job", {
        method: "POST",
        headers: database === undefined ? {} : { "X-Database": database },
      }),
    );
  return { send, lines, asked };
}

Deno.test("the database that the function works on is let in", async () => {
  const { send, asked } = setUp();
  assert.equal((await send(OURS)).status, 200);
  assert.deepEqual(asked, [OURS]);
});

Deno.test("a copy of it is refused, and the log says so", async () => {
  const { send, lines } = setUp();
  for (const other of ["fedcba9876543210", "nonsense", ""]) {
    await assertError(await send(other), 421, "other_database");
  }
  assert.equal(lines.length, 3);
  assert.equal(JSON.parse(lines[0]).event, "other_database_refused");
});

Deno.test("people and monitors, who name no database, are let in unasked", async () => {
  const { send, asked } = setUp();
  assert.equal((await send()).status, 200);
  assert.deepEqual(asked, []);
});

Deno.test("only a definite no refuses: a database that does not answer, or is older, does not", async () => {
  const faults = [
    networkError,
    databaseError("57014", "canceling statement due to statement timeout", 500),
    databaseError("PGRST202", "Could not find the function", 404),
    { status: 200, data: null, error: null },
  ];
  for (const fault of faults) {
    const { send, lines } = setUp(() => fault);
    assert.equal((await send("fedcba9876543210")).status, 200);
    assert.equal(JSON.parse(lines[0]).event, "database_not_compared");
  }
});
