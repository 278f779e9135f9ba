import { deepEqual, equal, match } from "node:assert/strict";
import { fileURLToPath } from "node:url";
import { remedyOf } from "./page/format/remedy.ts";
import { readRunbooks, runbookPage } from "./runbooks.ts";

const runbooks = await readRunbooks(
  fileURLToPath(new URL("../../docs/runbooks/", import.meta.url)),
);

Deno.test("a page is rendered with its beginning, its headings and its commands", () => {
  const page = runbookPage(
    "# `a_reason`: something\n\n**Affected:** [people](x.md).\n**Do:** *this* now.\n\n" +
      "## What to do\n\n1. End it:\n\n   ```sql\n   select 1;\n   ```\n\n" +
      "See [b](run-stuck.md#what-to-do), [c](../how-to/install.md), [d](https://slack.com).\n",
  );
  equal(page.title, "a_reason: something");
  equal(page.affected, "people.");
  equal(page.todo, "this now.");
  deepEqual(page.sections, [
    { id: "what-to-do", title: "What to do", commands: ["select 1;"] },
  ]);
  match(page.html, /<h2 id="what-to-do">/);
  match(
    page.html,
    /<a href="#\/runbooks\/run-stuck\?section=what-to-do">b<\/a>/,
  );
  match(page.html, /<span title="how-to\/install.md">c<\/span>/);
  match(page.html, /<a href="https:\/\/slack.com">d<\/a>/);
});

Deno.test("every page says whom it affects and what to do", () => {
  for (const [name, { affected, todo }] of Object.entries(runbooks)) {
    if (name === "README") continue;
    equal(affected !== "" && todo !== "", true, name);
  }
});

Deno.test("every link in a page leads to a page that is there", () => {
  for (const [name, { html }] of Object.entries(runbooks)) {
    for (const [, page] of html.matchAll(/href="#\/runbooks\/([\w-]+)/g)) {
      equal(page in runbooks, true, `${name} leads to ${page}`);
    }
  }
});

const causes: [message: string, command: RegExp][] = [
  ["The function answered 401: …", /duewatch keys rotate job --linked/],
  ["The function answered 404", /supabase functions deploy my-job/],
  [
    "The function could not be called: refused",
    /vault\.create_secret\('https:\/\/abc/,
  ],
  ["The function answered 503: BOOT_ERROR", /supabase functions deploy my-job/],
  [
    "process_installment_batch failed: no such function (42883)",
    /supabase db push/,
  ],
];

for (const [message, command] of causes) {
  Deno.test(`a run that failed with "${message}" comes with the command`, () => {
    const { commands } = remedyOf(
      { code: "last_run_failed", message, jobName: "my-job" },
      runbooks,
      { local: false, project: "https://abc.supabase.co" },
    );
    match(commands.join("\n"), command);
  });
}
