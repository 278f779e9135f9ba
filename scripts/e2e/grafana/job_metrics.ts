import { equal, ok } from "node:assert/strict";
import { samplesIn } from "../history/exposition.ts";
import { callFunction } from "../support/call_function.ts";
import { keys, urls } from "../support/stack.ts";
import type { Answer } from "./answer.ts";
import { type Choice, expandText } from "./macros.ts";
import type { InfinityQuery } from "./target.ts";

/** Reads job-metrics as Infinity does: the selected values, by column name. */
export async function askJobMetrics(
  { url, url_options, root_selector, columns }: InfinityQuery,
  choice: Choice,
): Promise<Answer> {
  const query = new URLSearchParams(
    url_options.params.map((
      { key, value },
    ) => [key, expandText(value, choice)]),
  );
  const { readKey } = await keys();
  const { status, body } = await callFunction(url.slice(1), {
    query: `?${query}`,
    headers: { "X-API-Key": readKey },
  });
  equal(status, 200, JSON.stringify(body));
  const root = body[root_selector];
  ok(Array.isArray(root), root_selector);
  const rows = root.map((row) =>
    Object.fromEntries(columns.map(({ selector, text, type }) => {
      ok(selector in row, `${root_selector}: ${selector}`);
      return [text, valueOf(row[selector], type)];
    }))
  );
  return {
    fields: columns.map(({ text, type }) => ({
      name: text,
      type: type === "timestamp" ? "time" : type,
    })),
    rows,
  };
}

function valueOf(
  value: unknown,
  type: InfinityQuery["columns"][number]["type"],
): unknown {
  if (value === null) return null;
  if (type === "timestamp") {
    ok(typeof value === "string" && !Number.isNaN(Date.parse(value)));
    return Date.parse(value);
  }
  equal(typeof value, type);
  return value;
}

/** The metrics that Prometheus has of us, with their labels. */
export async function labelsOfMetrics(): Promise<Map<string, string[]>> {
  const { readKey } = await keys();
  const response = await fetch(
    `${urls.functionsUrl}/job-metrics?format=prometheus`,
    { headers: { Authorization: `Bearer ${readKey}` } },
  );
  const text = await response.text();
  equal(response.status, 200, text);
  return new Map([
    // Prometheus makes it itself, of every scrape.
    ["up", ["job", "instance"]],
    ...samplesIn(text).map((
      { metric, labels },
    ): [string, string[]] => [metric, Object.keys(labels)]),
  ]);
}
