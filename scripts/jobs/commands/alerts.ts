import { type Context, type ExitCode, show } from "../context.ts";
import { formatChannels } from "../render/channels.ts";
import { formatIncidents } from "../render/incidents.ts";
import { inParts } from "../render/view.ts";

/** `alerts`: the open incidents, and what waits on each channel. */
export async function alerts(context: Context): Promise<ExitCode> {
  const { checkedAt, incidents, channels } = await context.client.health();
  show(
    context,
    { checkedAt, incidents, channels },
    (view) =>
      inParts(formatIncidents(incidents, view), formatChannels(channels, view)),
  );
  return 0;
}
