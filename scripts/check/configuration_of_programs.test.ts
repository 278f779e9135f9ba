// Compares docs/reference/configuration.md with what the database, the programs
// and the workflows read.
import { deepEqual, equal, ok } from "node:assert/strict";
import { join } from "node:path";
import { DEFAULT_PORT } from "../dashboard/command_line.ts";
import { settingsFor } from "../duewatch/deploy/settings.ts";
import { NAMES } from "../duewatch/keys/kinds.ts";
import { functionNames } from "../functions/catalog.ts";
import { readConfig } from "../stack/config.ts";
import { checkoutFiles } from "./checkout_files.ts";
import {
  functionRows,
  listenerRows,
  page,
  repoDir,
  rowsUnder,
  sorted,
} from "./configuration_page.ts";
import { codeIn } from "./markdown_tables.ts";

Deno.test("the page lists each setting that the database reads or a command stores", async () => {
  const read = new Set<string>(
    Object.values(NAMES).map(({ secret }) => secret),
  );
  for (const path of await checkoutFiles([".sql"])) {
    if (!path.startsWith("supabase/schemas/")) continue;
    const text = await Deno.readTextFile(join(repoDir, path));
    for (
      const [, name] of text.matchAll(
        /\b(?:optional_setting|setting|setting_state)\('([a-z_]+)'/g,
      )
    ) read.add(name);
  }
  const secrets = Object.fromEntries(
    [...functionRows.keys()].map((name) => [name, "x"]),
  );
  const stored = Object.keys(settingsFor("x", secrets));
  const listed = [...rowsUnder("Vault").keys()].sort();
  deepEqual(listed, [...read].sort());
  deepEqual(stored.filter((name) => !listed.includes(name)), []);
  equal(
    codeIn(rowsUnder("Vault").get("resend_base_url")?.value ?? "")[1],
    codeIn(functionRows.get("RESEND_BASE_URL")?.default ?? "")[0],
  );
});

Deno.test("the page lists each variable of the programs, with its default", async () => {
  const local = rowsUnder("Local stack");
  const { apiPort, dbPort, stateDir, functionsEnvFile, postponeJobs } =
    readConfig({});
  deepEqual(
    [...local].slice(0, 5).map(([name, row]) => [
      name,
      row.default.replaceAll("`", ""),
    ]),
    [
      ["DUEWATCH_API_PORT", String(apiPort)],
      ["DUEWATCH_DB_PORT", String(dbPort)],
      ["DUEWATCH_STATE_DIR", stateDir.slice(repoDir.length + 1)],
      ["DUEWATCH_FUNCTIONS_ENV", functionsEnvFile.slice(repoDir.length + 1)],
      ["DUEWATCH_POSTPONE_JOBS", postponeJobs ? "yes" : "–"],
    ],
  );
  const commands = rowsUnder("Command line");
  equal(
    commands.get("DUEWATCH_DASHBOARD_PORT")?.default,
    String(DEFAULT_PORT),
  );

  const [internal] = /^The parts of Duewatch pass [^]*?\n\n/m.exec(page) ?? [];
  const listed = new Set([
    ...functionRows.keys(),
    ...listenerRows.keys(),
    ...local.keys(),
    ...commands.keys(),
    ...codeIn(internal ?? ""),
  ]);
  const read = new Set<string>();
  for (const path of await checkoutFiles([".ts", ".sh", ".mjs"])) {
    if (!/^(?:scripts|supabase\/functions)\//.test(path)) continue;
    if (/\.test\.ts$|\/testing\/|^scripts\/e2e\//.test(path)) continue;
    const text = await Deno.readTextFile(join(repoDir, path));
    const found = text.matchAll(
      /\b(DUEWATCH_[A-Z]\w*)|\benv\.get\("(\w+)"\)|\benvironment\.([A-Z][A-Z_]+)\b|\{ ([A-Z][A-Z_]+) \}(?: = (?:session\.)?environment|: Runtime\["environment"\])/g,
    );
    for (const groups of found) {
      read.add(groups.slice(1).find((name) => name !== undefined) ?? "");
    }
  }
  deepEqual([...read].filter((name) => !listed.has(name)), []);
  deepEqual(
    [...local.keys(), ...commands.keys(), ...codeIn(internal ?? "")]
      .filter((name) => !read.has(name)),
    [],
  );
});

Deno.test("the page lists what the workflows and Grafana are given", async () => {
  const given: Record<string, string> = {};
  for (const path of await checkoutFiles([".yml"])) {
    if (!path.startsWith(".github/workflows/")) continue;
    const text = await Deno.readTextFile(join(repoDir, path));
    for (const [, kind, name] of text.matchAll(/\b(vars|secrets)\.(\w+)/g)) {
      if (name === "GITHUB_TOKEN") continue;
      given[name] = `${kind === "vars" ? "variable" : "secret"} ${
        path.slice(path.lastIndexOf("/") + 1)
      }`;
    }
  }
  const listed = Object.fromEntries(
    [...rowsUnder("Workflows")].map(([name, row]) => [
      name,
      `${row.kind} ${codeIn(row["read by"])[0]}`,
    ]),
  );
  deepEqual(sorted(listed), sorted(given));

  const compose = await Deno.readTextFile(
    join(repoDir, "docs/monitoring/grafana/compose.yaml"),
  );
  const defaults: Record<string, string> = {};
  for (const [, name, value] of compose.matchAll(/\$\{(\w+)(?::-([^}]*))?/g)) {
    defaults[name] = value ?? "required";
  }
  const { DUEWATCH_PROMETHEUS_URL: _, ...grafana } = Object.fromEntries(
    [...rowsUnder("Grafana")].map(([name, row]) => [
      name,
      row.default.replaceAll("`", ""),
    ]),
  );
  deepEqual(sorted(grafana), sorted(defaults));
});

Deno.test("the page says of each section of config.toml what it has", async () => {
  const config = await Deno.readTextFile(join(repoDir, "supabase/config.toml"));
  const sections = new Set(
    [...config.matchAll(/^\[([^\]]+)\]/gm)].map(([, name]) =>
      name.replace(/^functions\..*/, "functions.<name>")
    ),
  );
  const [text] = /^## config\.toml\n[^]*?^## /m.exec(page) ?? [""];
  const listed = new Set(
    [...text.matchAll(/`\[([^\]]+)\]`/g)].map(([, name]) => name),
  );
  listed.delete("db.vault");
  deepEqual([...listed].sort(), [...sections].sort());
  const names = await functionNames(repoDir);
  for (const name of names) {
    ok(config.includes(`[functions.${name}]`), name);
  }
  equal(
    config.match(/^verify_jwt = false$/gm)?.length,
    names.length,
  );
});
