import { effect, signal } from "@preact/signals";

const KEY = "duewatch-theme";

export const THEMES = ["system", "light", "dark"] as const;

export type Theme = typeof THEMES[number];

/** Light or dark, or as the system has it. */
export const theme = signal<Theme>(stored());

effect(() => {
  const { dataset } = document.documentElement;
  if (theme.value === "system") delete dataset.theme;
  else dataset.theme = theme.value;
  try {
    localStorage.setItem(KEY, theme.value);
  } catch {
    // A browser may refuse to keep anything. The choice then ends with the tab.
  }
});

function stored(): Theme {
  try {
    const kept = localStorage.getItem(KEY);
    return THEMES.find((each) => each === kept) ?? "system";
  } catch {
    return "system";
  }
}
