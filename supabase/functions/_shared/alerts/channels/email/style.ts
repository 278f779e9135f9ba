import {
  type Colours,
  MONOSPACE,
  MUTED,
  TEXT,
  WRAPPED,
} from "../../../mail/style.ts";
import type { Tone } from "../../message/description.ts";

/** What alerts have beside what all mails have. */
export const ALERT_STYLES = {
  jobName: `font-family:${MONOSPACE}`,
  runbook: `margin-top:12px;${MUTED}`,
  unbroken: "white-space:nowrap",
  step: `padding:4px 0;${TEXT};${WRAPPED}`,
  path: `font-family:${MONOSPACE};font-size:13px`,
} as const;

interface ToneColours extends Colours {
  /** Behind an error. */
  readonly pale: string;
  /** An error's text, on `pale`. */
  readonly ink: string;
}

/** Each text has a contrast of over 4.5 to what is behind it. */
export const COLOURS: Readonly<Record<Tone, ToneColours>> = {
  red: {
    strong: "#b42318",
    onStrong: "#ffffff",
    pale: "#fef3f2",
    ink: "#7a271a",
  },
  amber: {
    strong: "#fdb022",
    onStrong: "#451a03",
    pale: "#fffaeb",
    ink: "#7a2e0e",
  },
  green: {
    strong: "#067647",
    onStrong: "#ffffff",
    pale: "#ecfdf3",
    ink: "#074d31",
  },
};

/** @returns the style of an error's box. */
export function errorStyle(tone: Tone): string {
  const { strong, pale, ink } = COLOURS[tone];
  return `padding:12px 16px;background:${pale};border-left:4px solid ${strong};font-family:${MONOSPACE};font-size:13px;line-height:20px;color:${ink};white-space:pre-wrap;${WRAPPED}`;
}
