import { z } from "zod";
import { webAddress } from "../../addresses.ts";
import { explainIssues } from "../../explain-issues.ts";

const checkedLinks = z.object({
  DASHBOARD_URL: webAddress.optional(),
  RUNBOOK_URL: webAddress.optional(),
});

/** Where messages point to; both may be missing. */
export const linkVariables = {
  /** The page that shows runs and their logs. */
  DASHBOARD_URL: z.string().optional(),
  /** The folder docs/runbooks as people open it, such as on GitHub. */
  RUNBOOK_URL: z.string().optional(),
};

/** The values of `linkVariables`, not yet checked. */
export type LinkVariables = z.output<z.ZodObject<typeof linkVariables>>;

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

/** @returns sentences that name the addresses that no message can use. */
export function linkProblems(variables: LinkVariables): string[] {
  const { error } = checkedLinks.safeParse(variables);
  return error
    ? [`Messages are sent without this link. ${explainIssues(error)}.`]
    : [];
}

/** Creates the links. A wrong address is left out: the alert matters more. */
export function createLinks(variables: LinkVariables): Links {
  const usable = (address: string | undefined) =>
    webAddress.safeParse(address).data;
  const DASHBOARD_URL = usable(variables.DASHBOARD_URL);
  const RUNBOOK_URL = usable(variables.RUNBOOK_URL);
  return {
    dashboardUrl: DASHBOARD_URL ?? null,
    runbook: (page) => ({
      path: `docs/runbooks/${page}.md`,
      url: RUNBOOK_URL === undefined ? null : pageUnder(RUNBOOK_URL, page),
    }),
  };
}

/**
 * Makes the link of a message lead to what the message is about.
 *
 * @returns the links with the address of the run, or of the incidents, where
 *   `DASHBOARD_URL` ends with `#/`, as that of our own dashboard does. Other
 *   addresses stay as they are.
 */
export function linksAbout(
  { run_id }: { readonly run_id: string | null },
  links: Links,
): Links {
  const { dashboardUrl } = links;
  return dashboardUrl?.endsWith("#/")
    ? {
      ...links,
      dashboardUrl: dashboardUrl +
        (run_id === null ? "incidents" : `runs/${run_id}`),
    }
    : links;
}

function pageUnder(folder: string, page: string): string {
  const url = new URL(folder);
  url.pathname = `${url.pathname.replace(/\/+$/, "")}/${page}.md`;
  return url.href;
}
