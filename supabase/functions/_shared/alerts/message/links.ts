import type { EnvironmentOf } from "../../environment.ts";
import { webAddress } from "../../addresses.ts";

/** Where messages point to; both may be missing. */
export const linkVariables = {
  /** The page that shows runs and their logs. */
  DASHBOARD_URL: webAddress.optional(),
  /** The folder docs/runbooks as people open it, such as on GitHub. */
  RUNBOOK_URL: webAddress.optional(),
};

/** A page of docs/runbooks, with its address where that is known. */
export interface RunbookLink {
  /** Its path in the repository. */
  readonly path: string;
  readonly url: string | null;
}

/** The links that go into messages. */
export interface Links {
  readonly dashboardUrl: string | null;
  /** @param page the name of a page without its ending, such as `run-failed`. */
  runbook(page: string): RunbookLink;
}

/** @param environment the checked values of `linkVariables`. */
export function createLinks(
  { DASHBOARD_URL, RUNBOOK_URL }: EnvironmentOf<typeof linkVariables>,
): Links {
  return {
    dashboardUrl: DASHBOARD_URL ?? null,
    runbook: (page) => ({
      path: `docs/runbooks/${page}.md`,
      url: RUNBOOK_URL === undefined ? null : pageUnder(RUNBOOK_URL, page),
    }),
  };
}

function pageUnder(folder: string, page: string): string {
  const url = new URL(folder);
  url.pathname = `${url.pathname.replace(/\/+$/, "")}/${page}.md`;
  return url.href;
}
