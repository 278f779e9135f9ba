import type { AlertOf } from "../alert.ts";
import type { Message } from "./description.ts";
import { entry, known, list, nameOf } from "./parts.ts";
import { runFacts } from "./run.ts";
import { singleLine } from "../../truncate.ts";
import { formatInstant, formatNumber } from "../../format.ts";

type Details = AlertOf<"item_failing">["details"];
type FailingItem = Details["items"][number];

export function itemFailingMessage(
  { run_id, details }: AlertOf<"item_failing">,
): Message {
  const { run, items } = details;
  return {
    summary: summaryOf(details),
    parts: [
      list(
        "Failing items",
        items.map((item) => entry(nameOf(item.name, item.id), itemText(item))),
        Math.max(0, (details.items_failing ?? 0) - items.length),
      ),
      runFacts(run_id, run),
    ],
    hasLogs: true,
  };
}

function summaryOf({ items_failing, items }: Details): string {
  const count = items_failing ?? items.length;
  if (count === 1 && items.length === 1) {
    const [{ id, name, failures }] = items;
    return `${nameOf(name, id)} was left out: it failed in ${
      formatNumber(failures ?? 2)
    } runs in a row. Each run tries it again, but the cause needs a person.`;
  }
  return `${
    count > 1 ? formatNumber(count) : "Some"
  } items were left out: each failed in at least two runs in a row. Each run ` +
    "tries them again, but the cause needs a person.";
}

function itemText({ error, failures, failing_since }: FailingItem): string {
  const times = [
    known(failures, (count) => `${formatNumber(count)} runs in a row`),
    known(failing_since, (at) => `since ${formatInstant(at)}`),
  ].filter((part) => part !== null).join(", ");
  return [times, singleLine(error ?? "") || "no message"]
    .filter((part) => part !== "").join(": ");
}
