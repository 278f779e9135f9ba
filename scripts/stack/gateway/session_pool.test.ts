import assert from "node:assert/strict";
import { SessionPool, type SingleConnection } from "./session_pool.ts";

/** A connection that answers no statement, and can be lost. */
interface SilentConnection extends SingleConnection {
  lose(): void;
  readonly statements: string[];
}

function poolOf(
  size: number,
): { pool: SessionPool; opened: SilentConnection[] } {
  const opened: SilentConnection[] = [];
  const pool = new SessionPool((onLost) => {
    const statements: string[] = [];
    const connection: SilentConnection = {
      statements,
      lose: onLost,
      unsafe(text) {
        statements.push(text);
        return new Promise(() => {});
      },
      end: () => Promise.resolve(),
    };
    opened.push(connection);
    return connection;
  }, size);
  return { pool, opened };
}

const LOST = { code: "CONNECTION_CLOSED" };

Deno.test("a statement under way ends with its connection", async () => {
  const { pool, opened } = poolOf(1);
  const session = await pool.reserve();
  const statement = session.unsafe("select 1");
  opened[0].lose();
  await assert.rejects(statement, LOST);
});

Deno.test("a lost connection gets no further statement", async () => {
  const { pool, opened } = poolOf(1);
  const session = await pool.reserve();
  opened[0].lose();
  await assert.rejects(session.unsafe("rollback"), LOST);
  assert.deepEqual(opened[0].statements, []);
});

Deno.test("a lost connection is replaced, whether it was in use or idle", async () => {
  const { pool, opened } = poolOf(1);
  const used = await pool.reserve();
  opened[0].lose();
  used.release();
  const next = await pool.reserve();
  assert.equal(opened.length, 2);
  next.release();
  opened[1].lose();
  await pool.reserve();
  assert.equal(opened.length, 3);
});

Deno.test("when all are in use the next one waits, for a release or a loss", async () => {
  const { pool, opened } = poolOf(1);
  const first = await pool.reserve();
  const second = pool.reserve();
  const third = pool.reserve();
  assert.equal(opened.length, 1);
  first.release();
  await second;
  assert.equal(opened.length, 1);
  opened[0].lose();
  await third;
  assert.equal(opened.length, 2);
});
