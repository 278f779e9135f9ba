import { Command, InvalidArgumentError, Option } from "commander";
import { type Scale, SCALES } from "./scale.ts";

/** What one call of the benchmarks is asked to do. */
export interface BenchOptions {
  readonly scale: Scale;
  /** Names of the benchmarks to run, in their usual order. */
  readonly only: readonly string[];
  readonly json: boolean;
  /** Whether the sizes are those of the targets. */
  readonly judged: boolean;
}

/**
 * Reads the command line: `--scale` chooses all sizes, and an option for each
 * size changes it. Prints help or what is wrong, and ends the process then.
 */
export function parseOptions(
  args: readonly string[],
  benchmarks: readonly string[],
): BenchOptions {
  const command = new Command("bench")
    .description(
      "Measures the cost of the main job, the latency of alerts and of " +
        "requests that read the log, on a stack of its own",
    )
    .addOption(
      new Option("--scale <scale>", "sizes to start from")
        .choices(Object.keys(SCALES))
        .default("full"),
    )
    .addOption(
      new Option("--only <names...>", "run these benchmarks")
        .choices(benchmarks)
        .default(benchmarks),
    )
    .option("--json", "print JSON only", false);
  for (const [size, count] of Object.entries(SCALES.full)) {
    command.addOption(
      new Option(`--${toFlag(size)} <count>`, `full: ${count}`)
        .argParser(parseCount),
    );
  }
  const { scale, only, json, ...sizes } = command
    .parse(args, { from: "user" })
    .opts<
      & { scale: keyof typeof SCALES; only: string[]; json: boolean }
      & Partial<
        Scale
      >
    >();
  return {
    scale: { ...SCALES[scale], ...sizes },
    only,
    json,
    judged: scale === "full",
  };
}

function toFlag(size: string): string {
  return size.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
}

function parseCount(text: string): number {
  const count = Number(text);
  if (Number.isInteger(count) && count > 0) return count;
  throw new InvalidArgumentError("It must be a whole number above 0.");
}
