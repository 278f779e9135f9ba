import assert from "node:assert/strict";
import { parseEnvironment } from "../../environment.ts";
import {
  createLinks,
  linkProblems,
  linksAbout,
  linkVariables,
} from "./links.ts";

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

Deno.test("a wrong address is left out, and named without being repeated", () => {
  for (
    const { variable, value } of [
      { variable: "DASHBOARD_URL", value: "javascript:alert(1)" },
      { variable: "RUNBOOK_URL", value: "docs/runbooks" },
    ]
  ) {
    const links = linksOf({ [variable]: value });
    assert.equal(links.dashboardUrl, null);
    assert.equal(links.runbook("run-failed").url, null);
    const [problem] = linkProblems({ [variable]: value });
    assert(problem.includes(`${variable}: must be an http(s) address`));
    assert(!problem.includes(value));
  }
});

Deno.test("our own dashboard is opened at the run, or at the incidents", () => {
  const dashboard = "https://status.school.example/#/";
  for (
    const [address, run_id, expected] of [
      [
        dashboard,
        "11111111-1111-4111-8111-111111111111",
        `${dashboard}runs/11111111-1111-4111-8111-111111111111`,
      ],
      [dashboard, null, `${dashboard}incidents`],
      [
        "https://grafana.example.com/d",
        "11111111-1111-4111-8111-111111111111",
        "https://grafana.example.com/d",
      ],
    ] as const
  ) {
    const links = linksOf({ DASHBOARD_URL: address });
    assert.equal(linksAbout({ run_id }, links).dashboardUrl, expected);
  }
  assert.equal(linksAbout({ run_id: null }, linksOf({})).dashboardUrl, null);
});
