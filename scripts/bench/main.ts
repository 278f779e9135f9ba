// `npm run bench`: the cost of the main job, and the latency of alerts and of
// requests that read the log, on a stack of its own. Times are reported and never
// asserted; only a wrong result fails.
import { stopSignals } from "../process/stop_signals.ts";
import { StackError } from "../stack/errors.ts";
import { formatFacts } from "../stack/facts.ts";
import { terminalProgress } from "../stack/progress.ts";
import { alertLatency } from "./alert_latency.ts";
import { backlog } from "./backlog.ts";
import type { Benchmark } from "./bench.ts";
import { calendars } from "./calendars.ts";
import { type BenchStack, startBenchStack } from "./bench_stack.ts";
import { createScratchSchema, loadAgenciesAndPlans } from "./data.ts";
import { dashboard } from "./dashboard.ts";
import { due } from "./due.ts";
import {
  type Finding,
  formatFindings,
  isReached,
  withoutTarget,
} from "./finding.ts";
import { following } from "./following.ts";
import { heldRow } from "./held_row.ts";
import { history } from "./history.ts";
import { indexCost } from "./index_cost.ts";
import { describeMachine } from "./machine.ts";
import { memberReads } from "./member_reads.ts";
import { metrics } from "./metrics.ts";
import { nothingDue } from "./nothing_due.ts";
import { parseOptions } from "./options.ts";
import { shapes } from "./shapes.ts";
import { triggerPath } from "./trigger_path.ts";

const BENCHMARKS: Readonly<Record<string, Benchmark>> = {
  "due": due,
  "shapes": shapes,
  "held-row": heldRow,
  "history": history,
  "index-cost": indexCost,
  "nothing-due": nothingDue,
  "calendars": calendars,
  "following": following,
  "member-reads": memberReads,
  "backlog": backlog,
  "trigger-path": triggerPath,
  "alert-latency": alertLatency,
  "metrics": metrics,
  "dashboard": dashboard,
};

const options = parseOptions(Deno.args, Object.keys(BENCHMARKS));
const progress = terminalProgress();
let bench: BenchStack | null = null;

const stopped = stopSignals();
stopped.addEventListener("abort", async () => {
  await bench?.remove();
  Deno.exit(130);
});

try {
  const [loadBefore] = Deno.loadavg();
  progress.step("starting a stack for the benchmarks");
  bench = await startBenchStack();
  const { sql } = bench;
  await createScratchSchema(sql);
  progress.step("loading agencies and plans");
  await loadAgenciesAndPlans(sql, options.scale);

  const findings: Finding[] = [];
  for (const [name, run] of Object.entries(BENCHMARKS)) {
    if (!options.only.includes(name)) continue;
    const found = await run({ ...bench, scale: options.scale, progress });
    findings.push(...options.judged ? found : found.map(withoutTarget));
  }

  const [loadAfter] = Deno.loadavg();
  const machine = { ...await describeMachine(sql), loadBefore, loadAfter };
  const facts = Object.entries(machine)
    .map(([name, value]) =>
      [
        name,
        typeof value === "number" ? value.toFixed(1) : value,
      ] as const
    );
  console.log(
    options.json
      ? JSON.stringify({
        machine,
        scale: options.scale,
        findings: findings.map((finding) => ({
          ...finding,
          reached: isReached(finding),
        })),
      })
      : `${formatFacts(facts)}\n\n${formatFindings(findings)}`,
  );
} catch (error) {
  // Taking the database away makes the benchmark under way fail.
  if (!stopped.aborted) {
    console.error(error instanceof StackError ? error.message : error);
  }
  Deno.exitCode = 1;
} finally {
  await bench?.remove();
}
