import {
  QueryClient,
  type QueryKey,
  QueryObserver,
  type QueryObserverResult,
} from "@tanstack/query-core";
import { signal } from "@preact/signals";
import { useEffect, useMemo, useRef, useState } from "preact/hooks";
import { mustWait, waitFor } from "./back_off.ts";

/** Whether the reader has stopped the refreshing. */
export const paused = signal(false);

/** All that was read, by what was asked. */
export const client = new QueryClient({
  defaultOptions: {
    queries: {
      retry: false,
      refetchIntervalInBackground: false,
      refetchOnWindowFocus: ({ state: { error, errorUpdatedAt } }) =>
        !mustWait(error, errorUpdatedAt, Date.now()),
      networkMode: "always",
    },
  },
});
client.mount();

/** Whether something is being read. */
export const busy = signal(false);

client.getQueryCache().subscribe(() => busy.value = client.isFetching() > 0);

/** Something to read, again and again. */
export interface Question<Answer> {
  readonly key: QueryKey;
  readonly read: (signal: AbortSignal) => Promise<Answer>;
  /** How long to wait before it is read again, in milliseconds. */
  readonly every: number | ((answer: Answer | undefined) => number);
  /** Show what was read for the key before, until this is read. */
  readonly keepPrevious?: boolean;
}

/** @returns what was read last, and how the reading goes. */
export function useQuestion<Answer>(
  { key, read, every, keepPrevious = false }: Question<Answer>,
): QueryObserverResult<Answer, Error> {
  const hash = JSON.stringify(key);
  const isPaused = paused.value;
  const observer = useMemo(
    () =>
      new QueryObserver<Answer, Error>(client, {
        queryKey: key,
        enabled: false,
      }),
    [],
  );
  const [result, setResult] = useState(observer.getCurrentResult());
  const failures = useRef(0);
  useEffect(() => observer.subscribe(setResult), [observer]);
  useEffect(() => {
    observer.setOptions({
      queryKey: key,
      queryFn: async ({ signal }) => {
        try {
          const answer = await read(signal);
          failures.current = 0;
          return answer;
        } catch (error) {
          failures.current += 1;
          throw error;
        }
      },
      enabled: true,
      staleTime: 1000,
      placeholderData: keepPrevious
        ? (previous) => previous as never
        : undefined,
      refetchInterval: isPaused ? false : ({ state }) =>
        waitFor(
          typeof every === "number" ? every : every(state.data),
          failures.current,
          state.error,
        ),
    });
    setResult(observer.getCurrentResult());
  }, [observer, hash, isPaused]);
  return result;
}

/** Reads everything on the screen again, now. */
export async function refresh(): Promise<void> {
  await client.refetchQueries({ type: "active" });
}

/** Forgets what was read, such as after a sign-out. */
export function forget(): void {
  client.clear();
}
