import cronstrue from "cronstrue";

const NUMBER = new Intl.NumberFormat("en");

/** @returns a number with separators: `12,345`. */
export function number(value: number): string {
  return NUMBER.format(value);
}

/** @returns a count with its unit: `1 record`, `2 records`. */
export function count(value: number, unit: string, units = `${unit}s`): string {
  return `${number(value)} ${value === 1 ? unit : units}`;
}

/** @returns how often: `once`, `12 times`. */
export function times(value: number): string {
  return value === 1 ? "once" : count(value, "time");
}

/** @returns a duration: `49 ms`, `1.2 s`, `3 min 20 s`, `2 h 5 min`, `3 d 4 h`. */
export function duration(ms: number): string {
  if (ms < 1000) return `${Math.round(ms)} ms`;
  if (ms < 60_000) return `${(ms / 1000).toFixed(ms < 10_000 ? 1 : 0)} s`;
  const seconds = Math.round(ms / 1000);
  const parts = [
    [Math.floor(seconds / 86_400), "d"],
    [Math.floor(seconds / 3600) % 24, "h"],
    [Math.floor(seconds / 60) % 60, "min"],
    [seconds % 60, "s"],
  ] as const;
  const first = parts.findIndex(([value]) => value > 0);
  return parts.slice(first, first + 2)
    .filter(([value]) => value > 0)
    .map(([value, unit]) => `${value} ${unit}`)
    .join(" ");
}

/** @returns how long ago, or in how long, an instant is. */
export function distance(at: number, now: number): string {
  const ms = Math.abs(now - at);
  if (ms < 1500) return "just now";
  const text = ms < 60_000
    ? `${Math.floor(ms / 1000)} s`
    : duration(roundedForDistance(ms));
  return at <= now ? `${text} ago` : `in ${text}`;
}

// Nobody wants to read "3 min 7 s ago" while it counts.
function roundedForDistance(ms: number): number {
  if (ms < 86_400_000) return Math.floor(ms / 60_000) * 60_000;
  return Math.floor(ms / 3_600_000) * 3_600_000;
}

/** @returns a cron expression in words, or null for what is none. */
export function scheduleInWords(schedule: string): string | null {
  try {
    const text = cronstrue.toString(schedule, {
      use24HourTimeFormat: true,
      verbose: false,
    });
    if (/^(at )?\d/i.test(text) && schedule.endsWith("* * *")) {
      return `Every day at ${text.replace(/^At /, "")}`;
    }
    return text
      .replace(/^At ([\d:]+), only on (.+)$/, "Every $2 at $1")
      .replace(/^At ([\d:]+), (\w+ through \w+)$/, "$2 at $1");
  } catch {
    return /^\d+ seconds?$/.test(schedule) ? `Every ${schedule}` : null;
  }
}

const WORDS: Readonly<Record<string, string>> = {
  run_failed: "Run failed",
  run_degraded: "Run degraded",
  item_failing: "Item failing",
  run_succeeded: "Run succeeded",
  run_missed: "Run missed",
  job_recovered: "Job recovered",
  job_unhealthy: "Job unhealthy",
  heartbeat: "Heartbeat",
  cron: "schedule",
  manual: "by hand",
  catch_up: "catch-up",
  due: "cut-off",
  cutoff_passed: "cut-off passed",
};

/** @returns a name of the machinery as people say it. */
export function inWords(name: string): string {
  return WORDS[name] ?? name.replaceAll("_", " ");
}
