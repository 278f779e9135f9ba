import { deepEqual, equal, rejects } from "node:assert/strict";
import { onFakeTime } from "../../supabase/functions/_shared/testing/fake-time.ts";
import { probe } from "./listen.ts";

Deno.test("the connection is asked in intervals until there is no answer", () =>
  onFakeTime(async () => {
    const begin = Date.now();
    const askedAt: number[] = [];
    const asking = probe(
      () => {
        askedAt.push(Date.now() - begin);
        return askedAt.length < 3
          ? Promise.resolve()
          : Promise.reject(new Error("no answer"));
      },
      5_000,
      new AbortController().signal,
    );
    await rejects(asking, /^Error: no answer$/);
    deepEqual(askedAt, [5_000, 10_000, 15_000]);
  }));

Deno.test("a probe that was stopped during a question asks no further one", () =>
  onFakeTime(async () => {
    let questions = 0;
    const asked = Promise.withResolvers<void>();
    const stop = new AbortController();
    const asking = probe(
      async () => {
        questions += 1;
        asked.resolve();
        await new Promise((resolve) => setTimeout(resolve, 100));
      },
      5_000,
      stop.signal,
    );
    await asked.promise;
    stop.abort();
    await new Promise((resolve) => setTimeout(resolve, 20_000));
    await asking;
    equal(questions, 1);
  }));
