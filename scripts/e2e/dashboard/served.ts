import type { Browser, BrowserContextOptions } from "playwright-core";
import {
  assemble,
  buildParts,
  type PageParts,
} from "../../dashboard/page_build.ts";
import type { Config } from "../../dashboard/page_config.ts";
import { serveDashboard } from "../../dashboard/serve.ts";
import type { Project } from "../../dashboard/server/upstream.ts";
import { within } from "../support/events.ts";
import { keys, urls } from "../support/stack.ts";
import { type Visit, visit } from "./browser.ts";

let parts: Promise<PageParts> | undefined;

/** The parts of the page, built once for a file of tests. */
export function pageParts(): Promise<PageParts> {
  parts ??= buildParts();
  return parts;
}

/** A dashboard that runs as `npm run dashboard` runs it. */
export interface Served {
  readonly origin: string;
  /** Makes another link, as Enter does. */
  newLink(): Promise<string>;
  /** Opens a link of its own and then a screen. */
  visit(
    browser: Browser,
    hash?: string,
    options?: BrowserContextOptions,
  ): Promise<Visit>;
}

/** Serves the dashboard for the length of some work, failed or not. */
export async function withDashboard<T>(
  work: (served: Served) => Promise<T>,
  changed: Partial<Project> = {},
): Promise<T> {
  const { jobsApiKey, secretKey } = await keys();
  const project: Project = {
    functionsUrl: urls.functionsUrl,
    key: jobsApiKey,
    restUrl: urls.restUrl,
    secretKey,
    ...changed,
  };
  const config: Config = {
    mode: "process",
    project: urls.apiUrl,
    command: "npm run dashboard",
    data: true,
    local: true,
  };
  const page = assemble(await pageParts(), config);
  const stop = new AbortController();
  const links = new TransformStream<string, string>();
  const presses = new TransformStream<void, void>();
  const linkWriter = links.writable.getWriter();
  const pressWriter = presses.writable.getWriter();
  const linkReader = links.readable.getReader();
  const serving = serveDashboard({
    page,
    project,
    command: "npm run dashboard",
    port: 0,
    stopSignal: stop.signal,
    enterPresses: presses.readable,
    print: (text) => {
      if (text.startsWith("http")) void linkWriter.write(text);
    },
  });
  const readLink = async () => {
    const { value } = await within(5000, "a link", linkReader.read());
    return value ?? "";
  };
  let first: string | undefined = await readLink();
  const { origin } = new URL(first);
  const newLink = async () => {
    if (first !== undefined) {
      const link = first;
      first = undefined;
      return link;
    }
    void pressWriter.write();
    return await readLink();
  };
  try {
    return await work({
      origin,
      newLink,
      async visit(browser, hash = "", options = {}) {
        const visited = await visit(browser, await newLink(), options);
        await visited.page.waitForURL(`${origin}/`);
        if (hash !== "") await visited.page.goto(`${origin}/${hash}`);
        return visited;
      },
    });
  } finally {
    stop.abort();
    await pressWriter.close();
    await serving;
  }
}
