import { ActionButton } from "../../actions/button.tsx";
import type { ChannelReport } from "../../api/client.ts";
import { number } from "../../format/text.ts";
import { Badge } from "../../ui/badge.tsx";
import { Ago, At } from "../../ui/time.tsx";

/** Where alerts go, and what waits to be sent. */
export function Channels(
  { channels }: { readonly channels: readonly ChannelReport[] },
) {
  return (
    <section aria-labelledby="channels">
      <h2 id="channels">Channels</h2>
      <div
        class="table-wrap"
        tabIndex={0}
        role="region"
        aria-labelledby="channels"
      >
        <table class="stacked">
          <thead>
            <tr>
              <th scope="col">Channel</th>
              <th scope="col">State</th>
              <th scope="col" class="number">Alerts waiting</th>
              <th scope="col" class="number">Given up, 24 h</th>
              <th scope="col">Last sent</th>
              <th scope="col">Remark</th>
              <th scope="col">
                <span class="hidden">action</span>
              </th>
            </tr>
          </thead>
          <tbody>
            {channels.map((channel) => (
              <tr key={channel.name}>
                <th scope="row">{channel.name}</th>
                <td data-label="State">
                  <Badge state={channel.configured ? "on" : "off"} />
                </td>
                <td class="number" data-label="Alerts waiting">
                  {number(channel.pending)}
                  {channel.oldestPendingAt && (
                    <span class="muted">
                      since <Ago at={channel.oldestPendingAt} />
                    </span>
                  )}
                </td>
                <td class="number" data-label="Given up, 24 h">
                  {number(channel.givenUp24h)}
                </td>
                <td data-label="Last sent">
                  {channel.lastSentAt
                    ? <Ago at={channel.lastSentAt} />
                    : <span class="muted">never</span>}
                </td>
                <td class="wide whole" data-label="Remark">
                  {channel.pausedUntil && (
                    <>
                      The service accepts nothing until{" "}
                      <At at={channel.pausedUntil} />.
                    </>
                  )}
                  <bdi>{channel.lastError ?? channel.reason ?? ""}</bdi>
                </td>
                <td class="whole">
                  {channel.announcedAt !== null &&
                    (channel.givenUp24h > 0 || channel.pending > 0) && (
                    <ActionButton
                      asked={{ action: "retry_alerts", channel: channel.name }}
                    />
                  )}
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
      <div class="buttons">
        <ActionButton asked={{ action: "test_alert" }} />
      </div>
    </section>
  );
}
