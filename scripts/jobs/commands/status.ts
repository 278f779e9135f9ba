import { type Context, type ExitCode, show } from "../context.ts";
import { formatHealth } from "../render/health.ts";

const EXIT_CODES = { ok: 0, warning: 1, critical: 2 } as const;

/**
 * `status`: the health of the jobs.
 *
 * @returns 0; with `exitCode` 1 for a warning and 2 for something critical.
 */
export async function status(
  context: Context,
  { exitCode }: { readonly exitCode: boolean },
): Promise<ExitCode> {
  const { client } = context;
  const health = await client.health();
  show(context, health, (view) => formatHealth(health, client.name, view));
  return exitCode ? EXIT_CODES[health.status] : 0;
}
