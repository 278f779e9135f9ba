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

const SOCKETS = [
  "  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode",
  "   0: 0100007F:D431 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 11111 1",
  "   1: 0100007F:D431 0100007F:9C40 01 00000000:00000000 00:00000000 00000000     0        0 22222 1",
  "   2: 0100007F:D432 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 33333 1",
  "   3: 0100007F:9C40 0100007F:D431 01 00000000:00000000 00:00000000 00000000     0        0 44444 1",
  "   4: 0100007F:9C41 0100007F:D431 05 00000000:00000000 00:00000000 00000000     0        0 0 1",
  "   5: 0100007F:9C42 0100007F:D432 01 00000000:00000000 00:00000000 00000000     0        0 55555 1",
].join("\n");

Deno.test("only a listening socket on the very port counts", () => {
  assert.deepEqual(parseListeningInodes(SOCKETS, 54321), ["11111"]);
});

Deno.test("a listener is found with its process, and not after it closed", async () => {
  const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const { port } = listener.addr;
  assert.equal((await findListener(port))?.pid, Deno.pid);
  listener.close();
  assert.equal(await findListener(port), null);
});

Deno.test("a process is distinguished from another one with the same number", () => {
  const self = identifyProcess(Deno.pid);
  assert.ok(self !== null);
  assert.equal(isAlive(self), true);
  const earlier = { pid: self.pid, startTicks: self.startTicks - 1 };
  assert.equal(isAlive(earlier), false);
});
