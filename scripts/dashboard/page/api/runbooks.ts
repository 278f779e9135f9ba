import type { Runbooks } from "../../runbook.ts";

/** The pages of docs/runbooks, as they were when the page was built. */
export const runbooks: Runbooks = JSON.parse(
  document.getElementById("duewatch-runbooks")?.textContent ?? "{}",
);
