import assert from "node:assert/strict";
import { FakeRuns, type FakeRunsOptions } from "../testing/fake-runs.ts";
import { onFakeTime } from "../testing/fake-time.ts";
import { runUnderTest } from "../testing/run-under-test.ts";
import { TransientError } from "../transient-error.ts";
import { FatalError } from "./fatal-error.ts";
import type { Item, JobContext, JobResult } from "./job.ts";

const items = (count: number, first = 1): Item[] =>
  Array.from({ length: count }, (_, index) => ({
    id: String(first + index),
    name: `Item ${first + index}`,
  }));

const after = (milliseconds: number) =>
  new Promise<void>((resolve) => setTimeout(resolve, milliseconds));

/** Runs a job that is nothing but this. */
function running(
  run: (context: JobContext) => Promise<JobResult | void>,
  { wallClockSeconds = 150, ...options }: FakeRunsOptions & {
    wallClockSeconds?: number;
  } = {},
) {
  const runs = new FakeRuns(options);
  const { execute: executeRun, row, events } = runUnderTest(runs);
  const execute = () => executeRun({ name: "test-job", run }, wallClockSeconds);
  /** What the row says of the items. */
  const account = () => {
    const {
      status,
      itemsTotal,
      itemsProcessed,
      itemsFailed,
      recordsUpdated,
      errors,
    } = row();
    return {
      status,
      itemsTotal,
      itemsProcessed,
      itemsFailed,
      recordsUpdated,
      errors: errors.map(({ id }) => id),
    };
  };
  return { runs, execute, row, account, events };
}

Deno.test("items that fail are named and counted, and stop no other", () =>
  onFakeTime(async () => {
    const { execute, row, account } = running(async ({ forEachItem }) => {
      const counts = await forEachItem(items(10), ({ id }) => {
        if (id === "3") throw new Error("closed books");
        return Promise.resolve(2);
      });
      assert.deepEqual(counts, { total: 10, processed: 10, failed: 1 });
    });
    const outcome = await execute();

    assert(outcome.kind === "finished");
    assert.equal(outcome.run.itemsFailed, 1);
    assert.deepEqual(account(), {
      status: "success",
      itemsTotal: 10,
      itemsProcessed: 10,
      itemsFailed: 1,
      recordsUpdated: 18,
      errors: ["3"],
    });
    assert.deepEqual(row().errors, [
      { id: "3", name: "Item 3", error: "closed books" },
    ]);
  }));

Deno.test("an empty list is a success with zero", () =>
  onFakeTime(async () => {
    const { execute, account } = running(async ({ forEachItem }) => {
      await forEachItem([], () => assert.fail("there is nothing to do"));
    });
    await execute();

    assert.deepEqual(account(), {
      status: "success",
      itemsTotal: 0,
      itemsProcessed: 0,
      itemsFailed: 0,
      recordsUpdated: 0,
      errors: [],
    });
  }));

Deno.test("a job without a list has no items, not zero of them", () =>
  onFakeTime(async () => {
    const { execute, account } = running(() => Promise.resolve());
    await execute();
    assert.equal(account().itemsTotal, null);
  }));

Deno.test("what a job says of its run stands in the log row", () =>
  onFakeTime(async () => {
    const { execute, row } = running(() =>
      Promise.resolve({
        recordsUpdated: 7,
        metadata: { cache_invalidated: true, note: "a\u0000b\ud800" },
      })
    );
    await execute();
    assert.equal(row().recordsUpdated, 7);
    assert.equal(row().metadata.cache_invalidated, true);
    assert.equal(row().metadata.note, "ab\ufffd");
    assert.equal(row().metadata.attempts, 1);
  }));

Deno.test("what JSON cannot hold fails the run instead of its log row", () =>
  onFakeTime(async () => {
    const cyclic: { [key: string]: null } = {};
    Object.assign(cyclic, { cyclic });
    const { execute, row } = running(() =>
      Promise.resolve({ metadata: cyclic })
    );
    await execute();
    assert.equal(row().status, "failed");
    assert.match(row().errorMessage ?? "", /circular/);
  }));

Deno.test("never more items are in hand than asked for, and as many are", () =>
  onFakeTime(async () => {
    let inHand = 0;
    const seen = new Set<number>();
    const { execute } = running(async ({ forEachItem }) => {
      await forEachItem(items(100), async () => {
        seen.add(++inHand);
        await after(10);
        inHand -= 1;
      }, { concurrency: 8 });
    });
    await execute();
    assert.equal(Math.max(...seen), 8);
  }));

Deno.test("an item is repeated after 1, 2 and 4 s while its error may pass", () =>
  onFakeTime(async () => {
    const begin = Date.now();
    const tried: number[] = [];
    const { execute, account } = running(async ({ forEachItem }) => {
      await forEachItem(items(2), ({ id }) => {
        if (id === "2") return Promise.resolve();
        tried.push(Date.now() - begin);
        throw new TransientError("busy");
      });
    });
    await execute();

    assert.deepEqual(tried, [0, 1000, 3000, 7000]);
    assert.deepEqual(account().errors, ["1"]);
    assert.equal(account().status, "success");
  }));

Deno.test("a service that asks for a longer wait gets it, but not for ever", () =>
  onFakeTime(async () => {
    const begin = Date.now();
    const tried: Record<string, number[]> = { 1: [], 5: [], 31: [] };
    const list = Object.keys(tried).map((id) => ({ id }));
    const { execute, account } = running(async ({ forEachItem }) => {
      await forEachItem(list, ({ id }) => {
        tried[id].push(Date.now() - begin);
        throw new TransientError("busy", { retryAfterSeconds: Number(id) });
      });
    });
    await execute();

    assert.deepEqual(tried["1"], [0, 1000, 3000, 7000]);
    assert.deepEqual(tried["5"], [0, 5000, 10_000, 15_000]);
    assert.deepEqual(tried["31"], [0]);
    assert.deepEqual(account().errors, ["31", "1", "5"]);
  }));

Deno.test("two items with the same id fail the run before any is begun", () =>
  onFakeTime(async () => {
    const { execute, row } = running(async ({ forEachItem }) => {
      await forEachItem(
        [...items(3), ...items(1)],
        () => assert.fail("an item was begun"),
      );
    });
    await execute();
    assert.equal(row().status, "failed");
    assert.match(row().errorMessage ?? "", /same id/);
  }));

Deno.test("two lists of a run need names, so that neither is taken for the other", () =>
  onFakeTime(async () => {
    const done: string[] = [];
    const { execute, row } = running(async ({ forEachItem }) => {
      const note = ({ id }: Item) => Promise.resolve(void done.push(id));
      await forEachItem(items(2), note);
      await forEachItem(items(2), note);
    });
    await execute();
    assert.deepEqual(done, ["1", "2"]);
    assert.equal(row().status, "failed");
    assert.match(row().errorMessage ?? "", /list "items" already/);
  }));

Deno.test("a list that an attempt leaves out is not taken for the next one", () =>
  onFakeTime(async () => {
    const done: string[] = [];
    const { execute, account } = running(async ({ attempt, forEachItem }) => {
      const doing = (list: string) =>
        forEachItem(items(2), ({ id }) => {
          done.push(`${list} ${id}`);
          return Promise.resolve();
        }, { list });
      if (attempt === 1) {
        await doing("first");
        throw new TransientError("busy");
      }
      await doing("second");
    });
    await execute();
    assert.deepEqual(done, ["first 1", "first 2", "second 1", "second 2"]);
    assert.equal(account().itemsTotal, 4);
  }));

Deno.test("no list outlives its attempt", () =>
  onFakeTime(async () => {
    const begun = new Map<string, number>();
    const { execute, account } = running(async ({ attempt, forEachItem }) => {
      const list = forEachItem(items(40), async ({ id }) => {
        begun.set(id, (begun.get(id) ?? 0) + 1);
        await after(500);
        return 1;
      });
      if (attempt === 1) {
        await Promise.all([
          list,
          after(1200).then(() => Promise.reject(new TransientError("busy"))),
        ]);
      }
      await list;
    });
    await execute();
    assert.deepEqual([...begun.values()], Array(40).fill(1));
    assert.equal(account().recordsUpdated, 40);
    assert.equal(account().status, "success");
  }));

Deno.test("a run that fails beside its list begins no further item", () =>
  onFakeTime(async () => {
    let begun = 0;
    const { execute, row } = running(async ({ forEachItem }) => {
      await Promise.all([
        forEachItem(items(40), () => {
          begun += 1;
          return after(500);
        }),
        after(1200).then(() => Promise.reject(new Error("broken"))),
      ]);
    });
    await execute();
    assert.equal(begun, 12);
    await after(5000);
    assert.equal(begun, 12);
    assert.match(row().errorMessage ?? "", /^broken\. Until then 12 of 40/);
  }));

Deno.test("a job that does not wait for its list has failed", () =>
  onFakeTime(async () => {
    const { execute, row, account } = running(({ forEachItem }) => {
      forEachItem(items(40), () => after(500));
      return Promise.resolve();
    });
    await execute();
    assert.equal(row().status, "failed");
    assert.match(row().errorMessage ?? "", /before its items were done/);
    assert.equal(account().itemsProcessed, 1, "the item in hand");
  }));

Deno.test("a job that keeps a fatal error to itself has failed all the same", () =>
  onFakeTime(async () => {
    const { execute, row } = running(async ({ forEachItem }) => {
      await forEachItem(items(40), () => {
        throw new FatalError("The key was refused.");
      }).catch(() => {});
    });
    await execute();
    assert.equal(row().status, "failed");
    assert.match(row().errorMessage ?? "", /before its items were done/);
  }));

Deno.test("an item whose count is none has failed", () =>
  onFakeTime(async () => {
    const counts = [-1, 1.5, 2 ** 31, NaN, 2];
    const { execute, account, row } = running(async ({ forEachItem }) => {
      await forEachItem(
        items(9),
        ({ id }) => Promise.resolve(counts[Number(id) - 1]),
      );
    });
    await execute();
    assert.deepEqual(account(), {
      status: "success",
      itemsTotal: 9,
      itemsProcessed: 9,
      itemsFailed: 4,
      recordsUpdated: 2,
      errors: ["1", "2", "3", "4"],
    });
    assert.match(
      row().errors[0].error,
      /returned -1 as its count of changed records/,
    );
  }));

Deno.test("a run whose count is none has failed", () =>
  onFakeTime(async () => {
    const { execute, row } = running(() =>
      Promise.resolve({ recordsUpdated: -1 })
    );
    await execute();
    assert.equal(row().status, "failed");
    assert.match(row().errorMessage ?? "", /as its count of changed records/);
  }));

Deno.test("a run that is repeated does nothing twice", () =>
  onFakeTime(async () => {
    const done: string[] = [];
    const { execute, row, account } = running(
      async ({ attempt, forEachItem }) => {
        // Items that are done are no longer listed, and a new one is.
        const list = attempt === 1 ? items(4) : items(3, 3);
        await forEachItem(list, ({ id }) => {
          if (id === "2" || id === "4") throw new Error("closed books");
          done.push(id);
          return Promise.resolve(1);
        });
        await forEachItem(items(2), ({ id }) => {
          done.push(`second list: ${id}`);
          return Promise.resolve(1);
        }, { list: "second" });
        if (attempt === 1) throw new TransientError("busy");
      },
    );
    await execute();

    assert.deepEqual(done, [
      "1",
      "3",
      "second list: 1",
      "second list: 2",
      "5",
    ]);
    assert.deepEqual(account(), {
      status: "success",
      itemsTotal: 7,
      itemsProcessed: 7,
      itemsFailed: 2,
      recordsUpdated: 5,
      errors: ["2", "4"],
    });
    assert.equal(row().metadata.attempts, 2);
  }));

Deno.test("a fatal error after half of the items keeps what was done", () =>
  onFakeTime(async () => {
    const { execute, row, account } = running(async ({ forEachItem }) => {
      await forEachItem(items(100), () => Promise.resolve(1));
      await forEachItem(items(100, 101), ({ id }) => {
        if (id !== "101") return after(100).then(() => 1);
        throw new FatalError("The key was refused.");
      }, { list: "second", concurrency: 2 });
    });
    await execute();

    assert.deepEqual(account(), {
      status: "failed",
      itemsTotal: 200,
      itemsProcessed: 101,
      itemsFailed: 0,
      recordsUpdated: 101,
      errors: [],
    });
    assert.equal(
      row().errorMessage,
      "The key was refused. Until then 101 of 200 items had been processed; " +
        "what they have changed stays.",
    );
  }));

Deno.test("the end of the time stops a list in order", () =>
  onFakeTime(async () => {
    const begun: string[] = [];
    const { execute, row, account } = running(async ({ forEachItem }) => {
      await forEachItem(items(1000), async ({ id }) => {
        begun.push(id);
        await after(900);
        return 1;
      }, { concurrency: 2 });
    }, { maxRuntimeSeconds: 20 });
    const begin = Date.now();
    await execute();

    // Two every 0.9 s, for 10 s; those in hand then end 0.8 s later.
    assert.equal(Date.now() - begin, 10_800);
    assert.equal(begun.length, 24);
    assert.deepEqual(account(), {
      status: "success",
      itemsTotal: 1000,
      itemsProcessed: 24,
      itemsFailed: 0,
      recordsUpdated: 24,
      errors: [],
    });
    assert.equal(row().metadata.continued, true);
    assert.equal(row().errorMessage, null);
  }));

Deno.test("a list of which nothing was done when the time ends has failed", () =>
  onFakeTime(async () => {
    const { execute, row, account } = running(async ({ forEachItem }) => {
      await forEachItem(
        items(1000),
        (_, signal) =>
          new Promise((_, reject) =>
            signal.addEventListener("abort", () => reject(signal.reason))
          ),
      );
    }, { maxRuntimeSeconds: 20 });
    await execute();

    assert.equal(account().status, "failed");
    assert.equal(row().metadata.continued, undefined);
    assert.equal(
      row().errorMessage,
      "The run was stopped before its time limit; the next run continues " +
        "with the rest (the time limit of 10 s was reached). Until then 0 of " +
        "1000 items had been processed; what they have changed stays.",
    );
  }));

Deno.test("an item that heeds the signal is entered neither as done nor as failed", () =>
  onFakeTime(async () => {
    const { execute, account } = running(async ({ forEachItem }) => {
      await forEachItem(
        items(3),
        (_, signal) =>
          new Promise((_, reject) =>
            signal.addEventListener("abort", () => reject(signal.reason))
          ),
      );
    });
    await execute();
    assert.equal(account().itemsProcessed, 0);
    assert.deepEqual(account().errors, []);
  }));

Deno.test("items that never end do not keep the run from its end", () =>
  onFakeTime(async () => {
    const { execute, row, account } = running(async ({ forEachItem }) => {
      await forEachItem(
        items(3),
        ({ id }) => id === "1" ? Promise.resolve(1) : new Promise(() => {}),
      );
    });
    const begin = Date.now();
    await execute();
    assert.equal(Date.now() - begin, 143_000);
    assert.equal(row().status, "failed");
    assert.equal(account().itemsProcessed, 1);
  }));

Deno.test("a job that keeps the end of its time to itself is continued all the same", () =>
  onFakeTime(async () => {
    const { execute, row } = running(async ({ forEachItem }) => {
      await forEachItem(items(1000), () => after(1000)).catch(() => {});
    });
    await execute();
    assert.equal(row().status, "success");
    assert.equal(row().metadata.continued, true);
  }));

Deno.test("a job that is done when its time ends has succeeded", () =>
  onFakeTime(async () => {
    const { execute, row } = running(() => after(141_000));
    await execute();
    assert.equal(row().status, "success");
  }));

Deno.test("progress is reported at once, then every second, and never backwards", () =>
  onFakeTime(async () => {
    const { runs, execute } = running(async ({ forEachItem }) => {
      await forEachItem(items(1000), () => after(10), { concurrency: 4 });
    });
    await execute();

    const processed = runs.reports.map((report) => report.items_processed);
    assert.deepEqual(runs.delaysOf("report_job_progress"), [0, 1000, 2000]);
    assert.equal(processed[0], 0);
    assert.deepEqual(processed, processed.toSorted((a, b) => a - b));
    assert(runs.reports.every(({ items_total }) => items_total === 1000));
  }));

Deno.test("the last change is reported though nothing follows it", () =>
  onFakeTime(async () => {
    const { runs, execute } = running(async ({ forEachItem }) => {
      await forEachItem(
        items(2),
        ({ id }) => id === "1" ? after(10) : after(14_000),
      );
    });
    await execute();
    assert.deepEqual(
      runs.reports.map((report) => report.items_processed),
      [0, 1],
    );
  }));

Deno.test("an item that takes long is reported again every 15 seconds", () =>
  onFakeTime(async () => {
    const { runs, execute } = running(async ({ forEachItem }) => {
      await forEachItem(items(1), () => after(50_000));
    });
    await execute();
    assert.deepEqual(
      runs.delaysOf("report_job_progress"),
      [0, 15_000, 30_000, 45_000],
    );
  }));

Deno.test("a report that fails costs the run nothing", () =>
  onFakeTime(async () => {
    const { runs, execute, account, events } = running(
      async ({ forEachItem }) => {
        await forEachItem(items(50), () => after(100), { concurrency: 1 });
      },
    );
    const lost = { status: 0, data: null, error: { message: "fetch failed" } };
    runs.failNext("report_job_progress", { answer: lost }, { answer: lost });
    await execute();

    assert.equal(account().status, "success");
    assert.equal(account().itemsProcessed, 50);
    assert.equal(
      events.filter(({ event }) => event === "progress_not_reported").length,
      2,
    );
    assert.deepEqual(
      runs.reports.map((report) => report.items_processed),
      [19, 29, 39, 49],
    );
  }));

Deno.test("a run that was closed while it worked stops in mid-list", () =>
  onFakeTime(async () => {
    let begun = 0;
    const { execute, row, account } = running(async ({ forEachItem }) => {
      await forEachItem(items(1000), async () => {
        begun += 1;
        if (begun === 30) {
          row().status = "failed";
          row().errorMessage = "closed by hand";
        }
        await after(100);
      }, { concurrency: 1 });
    });
    const outcome = await execute();

    assert.equal(outcome.kind, "no_longer_running");
    assert(begun < 45, `${begun} items were begun`);
    assert.equal(row().errorMessage, "closed by hand");
    assert.equal(account().itemsProcessed, 19);
  }));

Deno.test("of very many failures the row names the first thousand and counts all", () =>
  onFakeTime(async () => {
    const { execute, row, account } = running(async ({ forEachItem }) => {
      await forEachItem(
        items(1500),
        () => Promise.reject(new Error("no".repeat(1000))),
      );
    });
    const outcome = await execute();

    assert(outcome.kind === "finished");
    assert.equal(outcome.run.status, "failed");
    assert.equal(account().itemsFailed, 1500);
    assert.equal(row().errors.length, 1000);
    assert.equal(row().errors[0].error.length, 500);
    assert.match(row().errors[0].error, /non…$/);
  }));

Deno.test("the names of failed items are such that Postgres stores them", () =>
  onFakeTime(async () => {
    const { execute, row } = running(async ({ forEachItem }) => {
      await forEachItem(
        [{ id: "a\u0000\ud800", name: "b\u0000\udc00" }, {
          id: "x".repeat(300),
          name: "y".repeat(300),
        }],
        () => Promise.reject(new Error("no")),
      );
    });
    await execute();
    const [odd, long] = row().errors;
    assert.deepEqual([odd.id, odd.name], ["a\ufffd", "b\ufffd"]);
    assert.deepEqual([long.id.length, long.name?.length], [200, 200]);
  }));

Deno.test("an error that goes on and on is cut wherever it is written", () =>
  onFakeTime(async () => {
    const { execute, row, events } = running(() => {
      throw new TransientError("no".repeat(500_000));
    });
    await execute();
    assert.equal(row().errorMessage?.length, 10_000);
    assert(JSON.stringify(row().metadata).length < 4000);
    assert(JSON.stringify(events).length < 30_000);
  }));

Deno.test("whatever is thrown has a text", () =>
  onFakeTime(async () => {
    const thrown = ["a text", undefined, { code: 1 }, new RangeError("")];
    const { execute, row } = running(async ({ forEachItem }) => {
      await forEachItem(items(4), ({ id }) => {
        throw thrown[Number(id) - 1];
      }, { concurrency: 1 });
    });
    await execute();
    for (const { error } of row().errors) assert.notEqual(error, "");
    assert.equal(row().errors.length, 4);
  }));
