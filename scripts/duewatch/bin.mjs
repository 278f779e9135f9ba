#!/usr/bin/env node
// Entry point of the npm package. Node.js hands over to Deno, which comes from
// npm as well: Duewatch's programs, the Edge Functions and their tests are all
// written for it. docs/decisions/how-the-package-runs.md.
import { spawn } from "node:child_process";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import process from "node:process";
import { fileURLToPath } from "node:url";

const root = dirname(dirname(dirname(fileURLToPath(import.meta.url))));
if (Number(process.versions.node.split(".")[0]) < 20) {
  console.error(
    `Node.js 20 or later is needed, and this is ${process.version}.`,
  );
  process.exit(2);
}

// The program itself: its wrapper dies of Ctrl-C, and leaves it running.
let deno;
try {
  deno = createRequire(import.meta.url)("deno/install_api.cjs").runInstall();
} catch (error) {
  console.error(
    `Deno is not there: ${error.message.split("\n")[0]}\n` +
      "Install again, with optional packages: npm install --include=optional",
  );
  process.exit(2);
}

// Settings of the person who types the command must not choose the database.
const environment = Object.fromEntries(
  Object.entries(process.env).filter(([name]) => !/^PG[A-Z]/.test(name)),
);
const child = spawn(deno, [
  "run",
  "--quiet",
  "--frozen",
  "-A",
  `--config=${join(root, "deno.json")}`,
  join(root, "scripts", "duewatch", "main.ts"),
  ...process.argv.slice(2),
], {
  stdio: "inherit",
  env: { ...environment, DENO_NO_PACKAGE_JSON: "1", DENO_NO_UPDATE_CHECK: "1" },
});
for (const signal of ["SIGINT", "SIGTERM"]) {
  process.on(signal, () => signal === "SIGTERM" && child.kill(signal));
}
child.on("error", (error) => {
  console.error(`Deno did not start: ${error.message}`);
  process.exitCode = 2;
});
child.on("exit", (code, signal) => {
  process.exitCode = code ?? (signal === "SIGINT" ? 130 : 143);
});
