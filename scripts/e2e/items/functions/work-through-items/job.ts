import { z } from "zod";
import { FatalError } from "../../../../../supabase/functions/_shared/jobs/fatal-error.ts";
import type { Job } from "../../../../../supabase/functions/_shared/jobs/job.ts";
import { TransientError } from "../../../../../supabase/functions/_shared/transient-error.ts";
import { ANSWERS, type Order } from "../../order.ts";

const variables = { ITEM_SERVICE_URL: z.url({ protocol: /^http$/ }) };

/**
 * Works through lists of items from a service of the test. The service decides
 * what happens to each item.
 */
export const workThroughItems: Job<typeof variables> = {
  name: "work-through-items",
  variables,

  async run({ environment, admin, attempt, signal, forEachItem }) {
    const service = environment.ITEM_SERVICE_URL;
    const answer = await fetch(`${service}/orders/${attempt}`, { signal });
    const { lists, concurrency, deaf }: Order = await answer.json();
    const isDeaf = new Set(deaf);

    for (const [number, items] of lists.entries()) {
      await forEachItem(
        items,
        ({ id }, itemSignal) =>
          ask(`${service}/items/${id}`, isDeaf.has(id) ? null : itemSignal),
        { list: `list ${number}`, concurrency },
      );
      await ask(`${service}/lists/${number}`, signal);
      await admin.from("agencies").select("id").limit(1)
        .abortSignal(signal).throwOnError();
    }
    return { metadata: { cache_invalidated: true } };
  },
};

/** @returns how many records have changed. */
async function ask(url: string, signal: AbortSignal | null): Promise<number> {
  const answer = await fetch(url, { method: "POST", signal });
  const text = await answer.text();
  switch (answer.status) {
    case ANSWERS.done:
      return 1;
    case ANSWERS.busy:
      throw new TransientError(text);
    case ANSWERS.fatal:
      throw new FatalError(text);
    default:
      throw new Error(text);
  }
}
