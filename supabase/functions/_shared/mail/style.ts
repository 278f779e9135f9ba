import { raw } from "hono/html";

const FONT =
  "-apple-system,BlinkMacSystemFont,Segoe UI,Roboto,Helvetica,Arial,sans-serif";
export const MONOSPACE =
  "SFMono-Regular,Consolas,Liberation Mono,Menlo,monospace";

// A name without a blank must not make the mail wider than the screen.
export const WRAPPED = "word-break:break-word;overflow-wrap:anywhere";
export const TEXT = "font-size:14px;line-height:20px;color:#101828";
export const MUTED = "font-size:14px;line-height:20px;color:#667085";
const LINE = "border-bottom:1px solid #eaecf0";

/** Inline, because some mail clients throw everything else away. */
export const STYLES = {
  page: "margin:0;padding:0;background:#f2f4f7",
  preview: "display:none;max-height:0;overflow:hidden",
  margin: "padding:24px 12px",
  card:
    `max-width:600px;background:#ffffff;border-radius:8px;overflow:hidden;font-family:${FONT};text-align:left`,
  body: "padding:24px 28px 28px",
  summary: "font-size:16px;line-height:24px;color:#101828",
  block: "margin-top:20px",
  label: `padding:7px 12px 7px 0;${LINE};${MUTED}`,
  value: `padding:7px 0;${LINE};${TEXT};${WRAPPED}`,
  listTitle: `padding-top:4px;font-weight:700;${TEXT}`,
  entry: `padding:8px 0;${LINE};${TEXT};${WRAPPED}`,
  figure:
    `padding:8px 0 8px 16px;${LINE};${TEXT};text-align:right;white-space:nowrap;font-variant-numeric:tabular-nums`,
  note: MUTED,
  more: `padding-top:8px;${MUTED}`,
  link: "color:#175cd3",
  footnote:
    `padding:16px 12px;font-family:${FONT};font-size:12px;line-height:18px;color:#667085`,
} as const;

/** The colour of a mail, and of a text on it. */
export interface Colours {
  readonly strong: string;
  readonly onStrong: string;
}

/** @returns the styles of what has the colour of the mail. */
export function coloured({ strong, onStrong }: Colours) {
  return {
    band: `padding:24px 28px;background:${strong}`,
    word:
      `font-size:12px;line-height:16px;font-weight:700;letter-spacing:1px;text-transform:uppercase;color:${onStrong}`,
    title: `font-size:24px;line-height:32px;font-weight:700;color:${onStrong}`,
    subtitle: `font-size:15px;line-height:22px;color:${onStrong};${WRAPPED}`,
    button: `background:${strong};border-radius:6px`,
    buttonLink:
      `display:inline-block;padding:12px 24px;font-size:15px;line-height:20px;font-weight:700;text-decoration:none;color:${onStrong}`,
  };
}

/** For clients that know dark mode; others show the inline colours. */
export const DARK_MODE = raw(`
      :root { color-scheme: light dark; supported-color-schemes: light dark; }
      @media (prefers-color-scheme: dark) {
        .page { background: #0c111d !important; }
        .card { background: #161b26 !important; }
        .text { color: #f5f5f6 !important; }
        .muted { color: #94969c !important; }
        .line { border-bottom-color: #333741 !important; }
        .link { color: #84caff !important; }
        .red { background: #3b1512 !important; color: #fecdca !important; }
        .amber { background: #3a1f0c !important; color: #fedf89 !important; }
        .green { background: #0b2e20 !important; color: #abefc6 !important; }
      }
`);
