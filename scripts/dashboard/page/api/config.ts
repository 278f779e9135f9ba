import type { Config } from "../../page_config.ts";

/** The id of the element that holds the configuration as JSON. */
const ELEMENT = "duewatch-config";

/** Reads the configuration that the page was built or served with. */
export function readConfig(): Config {
  const text = document.getElementById(ELEMENT)?.textContent ?? "";
  return JSON.parse(text);
}

export const config = readConfig();
