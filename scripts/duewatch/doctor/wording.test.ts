import { deepEqual, equal } from "node:assert/strict";
import { fault } from "./fault.ts";
import { duewatchCommand, type Place, withPages, worded } from "./wording.ts";

const place = (named: Place["named"], rest: Partial<Place> = {}): Place => ({
  cwd: "/home/ada/shop",
  packageDir: "/home/ada/shop/node_modules/duewatch",
  isCheckout: false,
  named,
  ...rest,
});
const LINK = place({ by: "link" });
const REF = place({ by: "ref", ref: "abcdefghijklmnopqrst" });
const HOSTED_DB = place({
  by: "address",
  option: ' --db-url "$DUEWATCH_DB_URL"',
  ref: "abcdefghijklmnopqrst",
});
const SELF_HOSTED = place({
  by: "address",
  option: ' --db-url "$DUEWATCH_DB_URL"',
  ref: null,
});
const CHECKOUT = place({ by: "local stack" }, {
  packageDir: "/home/ada/shop",
  isCheckout: true,
});

Deno.test("each command can be copied and means the installation that was examined", () => {
  const cases: readonly (readonly [string, readonly string[]])[] = [
    ["duewatch keys rotate job", [
      "npx duewatch keys rotate job --linked",
      "npx duewatch keys rotate job --project-ref abcdefghijklmnopqrst",
      'npx duewatch keys rotate job --db-url "$DUEWATCH_DB_URL"',
      "",
      "npm run duewatch -- keys rotate job",
    ]],
    ["duewatch jobs runs", [
      "npx duewatch jobs runs",
      "npx duewatch jobs runs",
      "npx duewatch jobs runs",
      "npx duewatch jobs runs",
      "npm run duewatch -- jobs runs",
    ]],
    ["npx supabase db push --remote", [
      "npx supabase db push --remote",
      "npx supabase db push --remote=abcdefghijklmnopqrst",
      'npx supabase db push --remote="$DUEWATCH_DB_URL"',
      'npx supabase db push --remote="$DUEWATCH_DB_URL"',
      "npm start",
    ]],
    ["npx supabase functions deploy job-logs", [
      "npx supabase functions deploy job-logs --use-api --remote",
      "npx supabase functions deploy job-logs --use-api --remote=abcdefghijklmnopqrst",
      "npx supabase functions deploy job-logs --use-api --remote=abcdefghijklmnopqrst",
      "",
      "",
    ]],
    ["select 1;", Array(5).fill("select 1;")],
  ];
  for (const [command, expected] of cases) {
    deepEqual(
      [LINK, REF, HOSTED_DB, SELF_HOSTED, CHECKOUT].map((where) =>
        worded(fault("x", "", "", { command }), where).command
      ),
      expected,
      command,
    );
  }
  equal(
    duewatchCommand("doctor --fix    repairs", LINK),
    "npx duewatch doctor --fix --linked    repairs",
  );
});

Deno.test("where no command does it, the page says how", () => {
  const { todo } = worded(
    fault("x", "", "Rotate.", { command: "duewatch keys rotate job" }),
    SELF_HOSTED,
  );
  equal(
    todo,
    "Rotate. See node_modules/duewatch/docs/how-to/rotate-keys.md#self-hosted.",
  );
});

Deno.test("a page has a path that the person can open", () => {
  const text = "See docs/runbooks/run-missed.md.";
  equal(
    withPages(text, LINK),
    "See node_modules/duewatch/docs/runbooks/run-missed.md.",
  );
  equal(withPages(text, CHECKOUT), text);
  equal(
    withPages(text, { ...LINK, packageDir: "/opt/duewatch" }),
    "See /opt/duewatch/docs/runbooks/run-missed.md.",
  );
});
