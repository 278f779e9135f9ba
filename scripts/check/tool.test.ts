import { deepEqual, equal, match, ok } from "node:assert/strict";
import { identifyProcess } from "../stack/proc.ts";
import { checkWithTool, runTool } from "./tool.ts";

const here = { cwd: "/", signal: new AbortController().signal };

const isAlive = async (pid: number) => await identifyProcess(pid) !== null;

Deno.test("both streams are kept in their order, and the exit code", async () => {
  const script = "echo one; echo two >&2; echo three; exit 3";
  deepEqual(await runTool(["sh", "-c", script], here), {
    exitCode: 3,
    output: "one\ntwo\nthree\n",
  });
});

Deno.test("what a tool has left running is ended, whatever session it is in", async () => {
  const script = "setsid sleep 600 & echo $!; exit 1";
  const { output } = await runTool(["sh", "-c", script], here);
  const pid = Number(output.trim());
  ok(pid > 1, output);
  equal(await isAlive(pid), false);
});

Deno.test("a tool that goes on for ever is ended, and is a failure that says so", async () => {
  const script = "setsid sleep 600 & echo $!; wait";
  const { tally, output } = await checkWithTool(["sh", "-c", script], {
    ...here,
    limitMs: 2_000,
  });
  deepEqual(tally, { passed: 0, failed: 1 });
  match(output, /^Ended: it took longer than/m);
  const pid = Number(output.split("\n")[0]);
  ok(pid > 1, output);
  equal(await isAlive(pid), false);
});

Deno.test("an interruption ends a tool", async () => {
  const interruption = new AbortController();
  const running = runTool(["sleep", "600"], {
    ...here,
    signal: interruption.signal,
  });
  interruption.abort();
  const { exitCode } = await running;
  ok(exitCode > 0, String(exitCode));
});
