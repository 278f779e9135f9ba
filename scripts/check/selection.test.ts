import { equal, match, ok } from "node:assert/strict";
import { select } from "./selection.ts";

const CHOICES = {
  checks: ["formatting", "lint", "types", "unit tests", "pgTAP", "other"],
  files: ["b.test.ts", "a.test.ts"],
};

/** What is run of all there is. */
function selected(...args: string[]): string {
  const selection = select(args, CHOICES);
  ok("isSelected" in selection);
  return [...CHOICES.checks, ...CHOICES.files]
    .filter(selection.isSelected)
    .join(", ");
}

/** What is said in place of a run. */
function refused(...args: string[]): string {
  const selection = select(args, CHOICES);
  ok("text" in selection);
  equal(selection.exitCode, 2);
  return selection.text;
}

Deno.test("without arguments everything runs", () => {
  equal(selected(), [...CHOICES.checks, ...CHOICES.files].join(", "));
});

Deno.test("--quick leaves out what takes long", () => {
  equal(selected("--quick"), "formatting, lint, types, unit tests, pgTAP");
});

Deno.test("--only runs the checks and the files that it names", () => {
  equal(selected("--only", "pgTAP"), "pgTAP");
  equal(
    selected("--only", "lint", "--only=b.test.ts", "--only", "lint"),
    "lint, b.test.ts",
  );
  equal(selected("--only", "end-to-end tests"), "b.test.ts, a.test.ts");
  equal(
    selected("--quick", "--only", "a.test.ts"),
    "formatting, lint, types, unit tests, pgTAP, a.test.ts",
  );
});

Deno.test("an unknown name is refused, and the text lists all there are", () => {
  const text = refused("--only", "pgTAP", "--only", "pgtap");
  match(text, /^There is no check "pgtap"\.$/m);
  for (const name of [...CHOICES.checks, ...CHOICES.files]) {
    ok(text.includes(`\n  ${name}`), name);
  }
});

Deno.test("an unknown option is refused with the usage", () => {
  match(refused("--olny=pgTAP"), /--olny[^]*Usage: npm test/);
  match(refused("pgTAP"), /Usage: npm test/);
});

Deno.test("--help shows the usage and the names", () => {
  const selection = select(["--help"], CHOICES);
  ok("text" in selection);
  equal(selection.exitCode, 0);
  match(selection.text, /Usage: npm test[^]*b\.test\.ts/);
});
