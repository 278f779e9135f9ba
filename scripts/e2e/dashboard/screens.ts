import type { Page } from "playwright-core";
import type { Planted } from "./canaries.ts";

/** A screen of the dashboard, and what it has to ask for. */
export interface Screen {
  readonly name: string;
  readonly hash: string;
  /** How many requests it sends to be painted with all that it shows. */
  readonly requests: number;
}

/** Every screen, with what was planted to look at. */
export function screensOf(
  { run, incident, own, other }: Planted,
): readonly Screen[] {
  return [
    // The functions give no names of agencies: read keys ask them, too. So
    // the database is asked for the clocks that were changed, at the same time,
    // and for the names where a run has changed something.
    { name: "Today", hash: "#/", requests: 2 },
    { name: "Runs", hash: "#/runs", requests: 1 },
    { name: "Runs, filtered", hash: "#/runs?status=failed", requests: 1 },
    { name: "A run", hash: `#/runs/${run}`, requests: 2 },
    { name: "Incidents", hash: "#/incidents", requests: 1 },
    { name: "An incident", hash: `#/incidents/${incident}`, requests: 1 },
    { name: "Agencies", hash: "#/agencies", requests: 1 },
    {
      name: "Agencies, searched",
      hash: "#/agencies?search=canary",
      requests: 1,
    },
    { name: "Runbooks", hash: "#/runbooks", requests: 0 },
    { name: "Installments", hash: "#/installments", requests: 0 },
    ...[own, other].flatMap(({ id, installment, student }) => [
      { name: "An agency", hash: `#/agencies/${id}`, requests: 1 },
      {
        name: "Installments of a student",
        hash: `#/installments?search=${student}`,
        requests: 1,
      },
      {
        name: "An installment by its id",
        hash: `#/installments?search=${installment}`,
        requests: 1,
      },
      {
        name: "An installment",
        hash: `#/installments/${installment}`,
        requests: 1,
      },
    ]),
  ];
}

/** Opens a screen, and waits until it has read what it shows. */
export async function openScreen(
  page: Page,
  address: string,
  hash: string,
): Promise<void> {
  // Another page first, so that nothing is kept from the screen before.
  await page.goto("about:blank");
  await page.goto(address + hash);
  await page
    .locator("main:not([aria-busy=true]):not(:has(.loading))")
    .locator("h1, .empty, .notice").first().waitFor();
}
