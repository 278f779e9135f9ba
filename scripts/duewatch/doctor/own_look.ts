import { z } from "zod";
import { parseJson } from "../../json/parse_json.ts";
import type { Settings } from "./facts.ts";

const health = z.looseObject({
  version: z.string(),
  functionsVersion: z.string().optional(),
});

/** What check-job-health has answered to this computer. */
export interface OwnLook {
  /** Of the functions; null when they do not say. */
  readonly version: string | null;
  /** By their clock. */
  readonly date: Date | null;
}

/**
 * Asks check-job-health from here, with the key of the database.
 *
 * @returns null when it cannot be reached from this computer.
 */
export async function lookAtFunctions(
  { functionsUrl, jobKey }: Settings,
  signal: AbortSignal,
): Promise<OwnLook | null> {
  try {
    const answer = await fetch(
      `${functionsUrl.value?.replace(/\/$/, "")}/check-job-health?dryRun=true`,
      {
        headers: { "X-API-Key": jobKey.value ?? "" },
        redirect: "manual",
        signal: AbortSignal.any([signal, AbortSignal.timeout(20_000)]),
      },
    );
    const parsed = health.safeParse(parseJson(await answer.text()));
    if (!parsed.success) return null;
    const date = answer.headers.get("date");
    return {
      version: parsed.data.functionsVersion ?? null,
      date: date === null ? null : new Date(date),
    };
  } catch (error) {
    if (signal.aborted) throw error;
    return null;
  }
}
