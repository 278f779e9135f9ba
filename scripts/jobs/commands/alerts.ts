import { type Context, type ExitCode, printJson, viewOf } from "../context.ts";
import { formatChannels } from "../render/channels.ts";
import { formatIncidents } from "../render/incidents.ts";
import { inParts } from "../render/view.ts";

/** `alerts`: the open incidents, and what waits on each channel. */
export async function alerts(context: Context): Promise<ExitCode> {
  const { client, json, terminal } = context;
  const { checkedAt, incidents, channels } = await client.health();
  if (json) {
    printJson(context, { checkedAt, incidents, channels });
    return 0;
  }
  const view = viewOf(context);
  terminal.print(inParts(
    formatIncidents(incidents, view),
    formatChannels(channels, view),
  ));
  return 0;
}
