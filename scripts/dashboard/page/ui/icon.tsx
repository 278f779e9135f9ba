import {
  Activity,
  Ban,
  BellOff,
  Building2,
  Check,
  ChevronRight,
  CircleAlert,
  CircleCheck,
  CirclePause,
  CircleX,
  Clock,
  Copy,
  FileText,
  type IconNode,
  ListOrdered,
  LoaderCircle,
  LogOut,
  Monitor,
  Moon,
  Pause,
  Play,
  RefreshCw,
  RotateCcw,
  Search,
  Send,
  Siren,
  Sun,
  TriangleAlert,
  X,
} from "lucide";
import { h } from "preact";

const ICONS = {
  activity: Activity,
  ban: Ban,
  "bell-off": BellOff,
  building: Building2,
  check: Check,
  chevron: ChevronRight,
  alert: CircleAlert,
  ok: CircleCheck,
  paused: CirclePause,
  failed: CircleX,
  clock: Clock,
  copy: Copy,
  file: FileText,
  list: ListOrdered,
  running: LoaderCircle,
  "sign-out": LogOut,
  system: Monitor,
  dark: Moon,
  light: Sun,
  pause: Pause,
  play: Play,
  refresh: RefreshCw,
  again: RotateCcw,
  search: Search,
  send: Send,
  siren: Siren,
  warning: TriangleAlert,
  close: X,
} satisfies Record<string, IconNode>;

export type IconName = keyof typeof ICONS;

/** A small picture beside a word. Words say the same, so it is hidden to readers of screens. */
export function Icon({ name }: { readonly name: IconName }) {
  return (
    <svg
      class={`icon icon-${name}`}
      viewBox="0 0 24 24"
      fill="none"
      stroke="currentColor"
      stroke-width="2"
      stroke-linecap="round"
      stroke-linejoin="round"
      aria-hidden="true"
    >
      {ICONS[name].map(([tag, attributes]) => h(tag, attributes))}
    </svg>
  );
}
