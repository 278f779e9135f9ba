import { config } from "../api/config.ts";
import { type Access, signOut } from "../api/session.ts";
import { forget, paused, refresh } from "../state/query.ts";
import { theme, THEMES } from "../state/theme.ts";
import { Icon, type IconName } from "./icon.tsx";

interface Section {
  readonly name: string;
  readonly text: string;
  readonly icon: IconName;
}

const OPERATORS: readonly Section[] = [
  { name: "", text: "Today", icon: "activity" },
  { name: "runs", text: "Runs", icon: "list" },
  { name: "incidents", text: "Incidents", icon: "siren" },
];

const DATA: readonly Section[] = [
  { name: "agencies", text: "Agencies", icon: "building" },
  { name: "installments", text: "Installments", icon: "search" },
];

/** The sections, and what concerns the page itself. */
export function Header(
  { access, section }: { readonly access: Access; readonly section: string },
) {
  const sections = [
    ...access.operator ? OPERATORS : [],
    ...access.data ? DATA : [],
  ];
  const current = section === "" ? sections[0]?.name : section;
  return (
    <header class="top">
      <a class="brand" href="#/">
        <span class="mark" aria-hidden="true" />Duewatch
      </a>
      <nav aria-label="Sections">
        {sections.map(({ name, text, icon }) => (
          <a
            key={name}
            href={`#/${name}`}
            aria-current={current === name ? "page" : undefined}
          >
            <Icon name={icon} /> {text}
          </a>
        ))}
      </nav>
      <div class="tools">
        <span class="project muted" title="The project that this page shows">
          {new URL(config.project).host}
        </span>
        <button type="button" class="ghost" onClick={() => void refresh()}>
          <Icon name="refresh" /> <span class="hidden">Refresh now</span>
        </button>
        <button
          type="button"
          class="ghost"
          aria-pressed={paused.value}
          title={paused.value
            ? "The page is not refreshed"
            : "The page is refreshed by itself"}
          onClick={() => paused.value = !paused.value}
        >
          <Icon name={paused.value ? "play" : "pause"} />
          <span class="hidden">
            Stop the refreshing
          </span>
        </button>
        <Theme />
        {access.name !== null && (
          <button
            type="button"
            class="ghost"
            title={`Signed in as ${access.name}`}
            onClick={() => {
              forget();
              void signOut();
            }}
          >
            <Icon name="sign-out" /> <span class="hidden">Sign out</span>
          </button>
        )}
      </div>
    </header>
  );
}

function Theme() {
  const current = theme.value;
  const next = THEMES[(THEMES.indexOf(current) + 1) % THEMES.length];
  return (
    <button
      type="button"
      class="ghost"
      title={`Colours: ${current}. Change to ${next}.`}
      onClick={() => theme.value = next}
    >
      <Icon name={current} /> <span class="hidden">Colours: {current}</span>
    </button>
  );
}
