import type { Runbooks } from "../../runbook.ts";

/** The id of the element that holds the runbooks, deflated, in base64. */
const ELEMENT = "duewatch-runbooks";

/**
 * The pages of docs/runbooks, as they were when the page was built. main.tsx
 * reads them before anything is shown.
 */
export let runbooks: Runbooks = {};

/** Unpacks the runbooks that the page holds. */
export async function readRunbooks(): Promise<void> {
  const text = document.getElementById(ELEMENT)?.textContent ?? "";
  const packed = Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0));
  const json = new Blob([packed]).stream()
    .pipeThrough(new DecompressionStream("deflate-raw"));
  runbooks = await new Response(json).json();
}
