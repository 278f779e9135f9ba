import type { AlertOf } from "../alert.ts";
import type { Message, WriteInstant } from "./description.ts";
import { impactOf, namesOf, scheduledRun } from "./job-words.ts";
import { entry, known, list, nameOf } from "./parts.ts";
import { runFacts } from "./run.ts";
import { singleLine } from "../../truncate.ts";
import { formatNumber } from "../../format.ts";

type Details = AlertOf<"item_failing">["details"];
type FailingItem = Details["items"][number];

export function itemFailingMessage(
  { run_id, raised_at, details }: AlertOf<"item_failing">,
  instant: WriteInstant,
): Message {
  const { run, items, job } = details;
  const isOne = countOf(details) === 1;
  const next = scheduledRun(job, { raisedAt: raised_at, instant });
  return {
    summary: summaryOf(details),
    next: `${isOne ? "It is" : "They are"} tried again by ${next}, and ` +
      `${isOne ? "fails" : "fail"} again unless the cause has gone.`,
    toDo: isOne
      ? "Fix what the error below names: this item needs a person."
      : "Fix what the errors below name: these items need a person.",
    parts: [
      list(
        "Failing items",
        items.map((item) =>
          entry(nameOf(item.name, item.id), itemText(item, instant))
        ),
        Math.max(0, (details.items_failing ?? 0) - items.length),
      ),
      runFacts(run_id, run, instant),
    ],
    hasLogs: true,
  };
}

function countOf({ items_failing, items }: Details): number {
  return items_failing ?? items.length;
}

function summaryOf(details: Details): string {
  const { items, job } = details;
  const count = countOf(details);
  if (count === 1 && items.length === 1) {
    const [{ id, name, failures }] = items;
    return `${nameOf(name, id)} was left out: it failed in ${
      formatNumber(failures ?? 2)
    } runs in a row. ${impactOf(job, "For it")}`;
  }
  const names = known(namesOf(items, count), (listed) => ` (${listed})`) ?? "";
  return `${count > 1 ? formatNumber(count) : "Some"} items were left ` +
    `out${names}: each failed in at least two runs in a row. ` +
    impactOf(job, "For them");
}

function itemText(
  { error, failures, failing_since }: FailingItem,
  instant: WriteInstant,
): string {
  const times = [
    known(failures, (count) => `${formatNumber(count)} runs in a row`),
    known(failing_since, (at) => `since ${instant(at)}`),
  ].filter((part) => part !== null).join(", ");
  return [times, singleLine(error ?? "") || "no message"]
    .filter((part) => part !== "").join(": ");
}
