import assert from "node:assert/strict";
import { parseEnvironment } from "../../environment.ts";
import { createLinks, linkVariables } from "./links.ts";

const linksOf = (variables: Record<string, string>) =>
  createLinks(parseEnvironment(linkVariables, (name) => variables[name]));

Deno.test("without a base a page has its path in the repository", () => {
  assert.deepEqual(linksOf({}).runbook("run-failed"), {
    path: "docs/runbooks/run-failed.md",
    url: null,
  });
  assert.equal(linksOf({}).dashboardUrl, null);
});

Deno.test("a base may end in a slash, and keeps its query", () => {
  for (
    const { base, expected } of [
      {
        base: "https://git.example.com/docs/runbooks",
        expected: "https://git.example.com/docs/runbooks/run-failed.md",
      },
      {
        base: "https://git.example.com/docs/runbooks//",
        expected: "https://git.example.com/docs/runbooks/run-failed.md",
      },
      {
        base: "https://git.example.com?ref=main",
        expected: "https://git.example.com/run-failed.md?ref=main",
      },
    ]
  ) {
    const { url } = linksOf({ RUNBOOK_URL: base }).runbook("run-failed");
    assert.equal(url, expected);
  }
});

Deno.test("an address is written as browsers write it", () => {
  assert.equal(
    linksOf({ DASHBOARD_URL: "https://Grafana.example.com/d?q=<1>" })
      .dashboardUrl,
    "https://grafana.example.com/d?q=%3C1%3E",
  );
});
