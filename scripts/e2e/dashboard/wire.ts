import type { Page } from "playwright-core";

/** A request that a page has sent, with its answer. */
export interface Exchange {
  readonly method: string;
  readonly url: string;
  readonly body: string | null;
  readonly status: number;
  readonly text: string;
}

/** What goes between a page and the servers, without the page itself. */
export interface Wire {
  /** All until now, in the order of the answers; waits for their bodies. */
  exchanges(): Promise<Exchange[]>;
  /** Forgets what has been recorded. */
  clear(): void;
}

/** Records every request that the scripts of a page send from now on. */
export function recordWire(page: Page): Wire {
  let recorded: Promise<Exchange>[] = [];
  page.on("response", (response) => {
    const request = response.request();
    if (!["fetch", "xhr"].includes(request.resourceType())) return;
    if (request.method() === "OPTIONS") return;
    recorded.push((async () => ({
      method: request.method(),
      url: request.url(),
      body: request.postData(),
      status: response.status(),
      // An answer that the page has left has no body.
      text: await response.text().catch(() => ""),
    }))());
  });
  return {
    exchanges: () => Promise.all(recorded),
    clear: () => recorded = [],
  };
}
