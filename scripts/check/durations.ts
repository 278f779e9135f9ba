import { dirname } from "node:path";
import { z } from "zod";
import { readIfExists } from "../stack/files.ts";

const schema = z.record(z.string(), z.number());

/** Reads how many seconds each file of tests took last; empty where unknown. */
export async function readDurations(
  path: string,
): Promise<Map<string, number>> {
  try {
    const parsed = schema.safeParse(JSON.parse(await readIfExists(path) ?? ""));
    return new Map(Object.entries(parsed.success ? parsed.data : {}));
  } catch (error) {
    if (error instanceof SyntaxError) return new Map();
    throw error;
  }
}

/** Keeps how many seconds each file of tests took. */
export async function writeDurations(
  path: string,
  durations: ReadonlyMap<string, number>,
): Promise<void> {
  await Deno.mkdir(dirname(path), { recursive: true });
  const entries = [...durations].sort(([a], [b]) => a < b ? -1 : 1);
  const text = JSON.stringify(Object.fromEntries(entries), null, 2);
  await Deno.writeTextFile(path, `${text}\n`);
}
