import { createHash } from "node:crypto";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { deflateRawSync } from "node:zlib";
import { runOrThrow } from "../stack/command.ts";
import type { Runbooks } from "./runbook.ts";
import { readRunbooks } from "./runbooks.ts";
import type { Config } from "./page_config.ts";

const PAGE = fileURLToPath(new URL("page/", import.meta.url));
const CONFIG = fileURLToPath(new URL("../../deno.json", import.meta.url));
const RUNBOOKS = fileURLToPath(
  new URL("../../docs/runbooks/", import.meta.url),
);

/** The parts of the page, before it is known how it is served. */
export interface PageParts {
  readonly style: string;
  readonly script: string;
  readonly runbooks: Runbooks;
}

/** Bundles the page's script and style, and renders the runbooks. */
export async function buildParts(): Promise<PageParts> {
  const [style, script, runbooks] = await Promise.all([
    readStyle(),
    bundle(),
    readRunbooks(RUNBOOKS),
  ]);
  return { style, script, runbooks };
}

/** The page as one file, with its content security policy. */
export interface BuiltPage {
  readonly html: string;
  /** For the header of the process; the file itself holds it as well. */
  readonly policy: string;
}

/**
 * Puts the page together.
 *
 * @param config how the page reaches the functions.
 */
export function assemble(
  { style, script, runbooks }: PageParts,
  config: Config,
): BuiltPage {
  const code = inScript(script);
  const policy = [
    "default-src 'none'",
    `script-src ${hashOf(code)}`,
    `style-src ${hashOf(style)}`,
    `connect-src ${
      config.mode === "process" ? "'self'" : new URL(config.project).origin
    }`,
    "img-src data:",
    "base-uri 'none'",
    "form-action 'none'",
    "require-trusted-types-for 'script'",
    "trusted-types runbooks",
  ].join("; ");
  return {
    html: `<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="referrer" content="no-referrer">
<meta name="color-scheme" content="light dark">
<meta http-equiv="Content-Security-Policy" content="${policy}">
<title>Duewatch</title>
<link rel="icon" href="data:,">
<style>${style}</style>
</head>
<body>
<div id="app"></div>
<noscript>This page needs JavaScript.</noscript>
<script type="application/json" id="duewatch-config">${
      jsonInScript(config)
    }</script>
<script type="text/plain" id="duewatch-runbooks">${pack(runbooks)}</script>
<script type="module">${code}</script>
</body>
</html>
`,
    // Only a header can say by whom the page may be framed.
    policy: `${policy}; frame-ancestors 'none'`,
  };
}

async function readStyle(): Promise<string> {
  const folder = join(PAGE, "style");
  const names = (await Array.fromAsync(Deno.readDir(folder)))
    .map(({ name }) => name)
    .sort();
  const texts = names.map((name) => Deno.readTextFile(join(folder, name)));
  return (await Promise.all(texts)).join("\n");
}

async function bundle(): Promise<string> {
  const { stdout } = await runOrThrow("bundle the dashboard", [
    Deno.execPath(),
    "bundle",
    "--quiet",
    "--frozen",
    "--platform=browser",
    "--minify",
    // Named, because Deno looks for none in node_modules, where the package is.
    `--config=${CONFIG}`,
    join(PAGE, "main.tsx"),
  ], { cwd: PAGE });
  return stdout.trim();
}

// As the page unpacks it (api/runbooks.ts): a third of its size. It holds no
// character that HTML reads.
/** @returns a value in the form in which the page holds it. */
export function pack(value: unknown): string {
  return deflateRawSync(JSON.stringify(value), { level: 9 }).toString("base64");
}

// In HTML, a script ends at the first `</script`, wherever that stands.
function inScript(text: string): string {
  return text
    .replace(/<(?=\/script)/gi, "\\x3c")
    .replaceAll("<!--", "\\x3c!--");
}

// As above.
function jsonInScript(value: unknown): string {
  return JSON.stringify(value)
    .replace(/<(?=\/script|script|!--)/gi, "\\u003c");
}

function hashOf(text: string): string {
  return `'sha256-${createHash("sha256").update(text).digest("base64")}'`;
}
