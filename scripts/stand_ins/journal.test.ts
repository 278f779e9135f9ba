import { deepEqual, equal, rejects } from "node:assert/strict";
import { Journal } from "./journal.ts";

Deno.test("the journal keeps the order of arrival", () => {
  const journal = new Journal<string>();
  journal.add("first");
  journal.add("second");
  deepEqual(journal.entries, ["first", "second"]);
});

Deno.test("an entry that is here already is found", async () => {
  const journal = new Journal<number>();
  for (const entry of [1, 20, 30]) journal.add(entry);
  equal(await journal.first((entry) => entry > 10), 20);
});

Deno.test("an entry that comes later is awaited", async () => {
  const journal = new Journal<number>();
  const awaited = journal.first((entry) => entry > 10);
  for (const entry of [1, 20, 30]) journal.add(entry);
  equal(await awaited, 20);
});

Deno.test("a condition on all entries holds with the entry that completes it", async () => {
  const journal = new Journal<number>();
  const awaited = journal.until((entries) => entries.length === 2);
  for (const entry of [1, 2, 3]) journal.add(entry);
  deepEqual(await awaited, [1, 2]);
});

Deno.test("an error in a condition reaches its own waiter, and no other", async () => {
  const journal = new Journal<number>();
  const broken = journal.first((entry) => {
    if (entry === 2) throw new RangeError("two");
    return false;
  });
  const other = journal.first((entry) => entry === 3);
  const rejected = rejects(broken, RangeError);
  for (const entry of [1, 2, 3]) journal.add(entry);
  await rejected;
  equal(await other, 3);
});
