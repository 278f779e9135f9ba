import { signal } from "@preact/signals";

const TICK_MS = 1000;

/** The time, to the second, for what says "5 s ago". */
export const now = signal(Date.now());

setInterval(() => {
  if (!document.hidden) now.value = Date.now();
}, TICK_MS);
document.addEventListener("visibilitychange", () => now.value = Date.now());
