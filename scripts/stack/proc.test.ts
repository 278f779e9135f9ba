import assert from "node:assert/strict";
import {
  findListener,
  identifyProcess,
  isAlive,
  parseListeningInodes,
  parseStartTicks,
  parseState,
} from "./proc.ts";

const STAT =
  "4242 (a (strange) name) S 1 4242 4242 0 -1 4194560 1 0 0 0 0 0 0 0 20 0 1 0 987654 8192 1";

Deno.test("the start time is found behind a name with parentheses", () => {
  assert.equal(parseStartTicks(STAT), 987654);
});

Deno.test("the state is the letter behind the name", () => {
  assert.equal(parseState(STAT), "S");
});

Deno.test("only a listening socket on the very port counts", () => {
  const table = [
    "  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode",
    "   0: 0100007F:D431 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 11111 1",
    "   1: 0100007F:D431 0100007F:9C40 01 00000000:00000000 00:00000000 00000000     0        0 22222 1",
    "   2: 0100007F:D432 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 33333 1",
  ].join("\n");
  assert.deepEqual(parseListeningInodes(table, 54321), ["11111"]);
});

Deno.test("a listener is found with its process, and not after it closed", async () => {
  const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const { port } = listener.addr;
  assert.equal((await findListener(port))?.pid, Deno.pid);
  listener.close();
  assert.equal(await findListener(port), null);
});

Deno.test("a process is told from another one with the same number", async () => {
  const self = await identifyProcess(Deno.pid);
  assert.ok(self !== null);
  assert.equal(await isAlive(self), true);
  const earlier = { pid: self.pid, startTicks: self.startTicks - 1 };
  assert.equal(await isAlive(earlier), false);
});
