import {
  exact,
  shortly,
  toTheSecond,
  ZONE,
  zoneName,
} from "../format/instants.ts";
import { distance } from "../format/text.ts";
import { now } from "../state/clock.ts";

interface Instant {
  /** ISO 8601. */
  readonly at: string;
}

/** How long ago, or in how long; exact on hover and for a keyboard's focus. */
export function Ago({ at }: Instant) {
  return (
    <time dateTime={at} title={exact(at)}>
      {distance(Date.parse(at), now.value)}
    </time>
  );
}

/** A time in UTC. */
export function At({ at, seconds = false }: Instant & { seconds?: boolean }) {
  const text = seconds ? toTheSecond(at) : shortly(at);
  return <time dateTime={at} title={exact(at)}>{text} UTC</time>;
}

/** A time in UTC and, below, in the reader's zone where that is another. */
export function BothTimes({ at }: Instant) {
  return (
    <span class="both-times">
      <At at={at} />
      {ZONE !== "UTC" && (
        <span class="muted">{shortly(at, ZONE)} {zoneName(at)}</span>
      )}
    </span>
  );
}
