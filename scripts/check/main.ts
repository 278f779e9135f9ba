// `npm test`: every check of the project, on stacks of its own.
import { join } from "node:path";
import { StackError } from "../stack/errors.ts";
import { ensurePackages } from "../stack/packages.ts";
import { terminalProgress } from "../stack/progress.ts";
import { readConfig } from "../stack/stack.ts";
import { readDurations, writeDurations } from "./durations.ts";
import { endToEndSteps } from "./end_to_end.ts";
import { freePorts } from "./free_ports.ts";
import { type PrivateStack, startPrivateStack } from "./private_stack.ts";
import { select } from "./selection.ts";
import type { StepResult } from "./step.ts";
import { databaseSteps, staticSteps } from "./steps.ts";
import { ofExitCode, sum, type Tally } from "./tally.ts";

// The end-to-end tests wait more than they compute.
const STACKS = 4;
// One for each processor that GitHub's smallest machine has.
const STATIC_LANES = 2;

const { repoDir, stateDir } = readConfig({});
const durationsFile = join(stateDir, "test-durations.json");
const durations = await readDurations(durationsFile);
const endToEnd = endToEndSteps(repoDir, durations);
const onFiles = staticSteps(repoDir);
const onStacks = [...databaseSteps(repoDir), ...endToEnd];

const files = endToEnd.map(({ name }) => name);
const selection = select(Deno.args, {
  checks: [...onFiles, ...onStacks]
    .map(({ name }) => name)
    .filter((name) => !files.includes(name)),
  files,
});
if ("text" in selection) {
  const say = selection.exitCode === 0 ? console.log : console.error;
  say(selection.text);
  Deno.exit(selection.exitCode);
}
const { isSelected } = selection;

// The exit codes of a shell. What is under way ends first, and then the stacks,
// which would otherwise be left running.
const interruption = new AbortController();
let interruptedWith: number | null = null;
for (const [signal, code] of [["SIGINT", 130], ["SIGTERM", 143]] as const) {
  Deno.addSignalListener(signal, () => {
    interruptedWith ??= code;
    interruption.abort();
  });
}

const tallies: Tally[] = [];
const waitingForLane = onFiles.filter(({ name }) => isSelected(name));
const waitingForStack = onStacks.filter(({ name }) => isSelected(name));
const stackCount = Math.min(STACKS, waitingForStack.length);
if (stackCount > 0) {
  await ensurePackages(terminalProgress(), null).catch(reportError);
}
const ports = freePorts(2 * stackCount);
// Each lane goes on when another one fails.
await Promise.all([
  ...Array.from({ length: STATIC_LANES }, workOnFiles),
  ...Array.from(
    { length: stackCount },
    (_, index) =>
      workOnStack(`test-${index + 1}`, ports.slice(2 * index, 2 * index + 2))
        .catch(reportError),
  ),
]);
await writeDurations(durationsFile, durations);

if (interruptedWith !== null) {
  console.log("Interrupted; the stacks of the tests are stopped.");
  Deno.exit(interruptedWith);
}
const { passed, failed } = sum(tallies);
console.log(`${passed} passed, ${failed} failed`);
Deno.exit(failed === 0 ? 0 : 1);

async function workOnFiles(): Promise<void> {
  for (const step of queue(waitingForLane)) {
    await report(step.name, () => step.run(interruption.signal));
  }
}

/** Leaves out of a tool's output what is well. */
function withoutSuccesses(output: string): string {
  const isWell = /^Check |\.\.\. ok \(|\.\. ok$/;
  return output.split("\n").filter((line) => !isWell.test(line)).join("\n");
}

function reportError(error: unknown): void {
  tallies.push(ofExitCode(1));
  console.error(error instanceof StackError ? error.message : error);
}

/** Each stack takes the next step when it is done with one. */
async function workOnStack(
  name: string,
  ports: readonly number[],
): Promise<void> {
  const stack = await startPrivateStack(name, ports);
  try {
    for (const step of queue(waitingForStack)) {
      await report(
        step.name,
        () => step.run(interruption.signal, stack),
        stack,
      );
    }
  } finally {
    await stack.stop();
  }
}

/** Takes steps that nobody else has taken, until there are none left. */
function* queue<T>(waiting: T[]): Generator<T> {
  while (waiting.length > 0 && !interruption.signal.aborted) {
    yield waiting.shift() as T;
  }
}

async function report(
  name: string,
  run: () => Promise<StepResult>,
  stack?: PrivateStack,
): Promise<void> {
  const startedAt = performance.now();
  const { tally, output } = await run().catch((error) => ({
    tally: ofExitCode(1),
    output: error instanceof StackError ? error.message : Deno.inspect(error),
  }));
  if (interruption.signal.aborted) return;
  const seconds = (performance.now() - startedAt) / 1000;
  const mark = tally.failed === 0 ? "✓" : "✗";
  console.log(
    `${mark} ${name}: ${tally.passed} passed, ${tally.failed} failed ` +
      `(${seconds.toFixed(1)} s)`,
  );
  tallies.push(tally);
  if (files.includes(name)) durations.set(name, Math.round(seconds));
  if (tally.failed === 0) return;
  console.log(withoutSuccesses(output));
  if (stack !== undefined) console.log(await stack.logs());
}
