import { type Context, type ExitCode, show } from "../context.ts";
import { formatTest, hasArrived } from "../render/test_alert.ts";

/**
 * `test-alert`: sends one test through every channel and the last resort.
 *
 * @returns 1 when it did not arrive on a channel that is set up, or on none.
 */
export async function testAlert(
  context: Context,
  { reason }: { readonly reason?: string },
): Promise<ExitCode> {
  const { client, terminal, json } = context;
  if (!json) terminal.note("Sending the test, for up to a minute …");
  const tested = await client.control({ action: "test_alert", reason });
  show(context, tested, (view) => formatTest(tested, view));
  return hasArrived(tested) ? 0 : 1;
}
