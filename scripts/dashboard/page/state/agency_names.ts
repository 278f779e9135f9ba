import { readRows } from "../api/client.ts";
import { session } from "../api/session.ts";
import { useQuestion } from "./query.ts";

const EVERY_MS = 600_000;

/** @returns the names of the agencies that the reader may see, by id. */
export function useAgencyNames(wanted: boolean): ReadonlyMap<string, string> {
  const { value } = session;
  const mayRead = wanted && value.kind === "in" && value.access.data;
  const { data } = useQuestion({
    key: ["agency names", mayRead],
    read: (signal) =>
      mayRead
        ? readRows<{ id: string; name: string }>("agencies", {
          select: "id,name",
          order: "name",
        }, signal)
        : Promise.resolve([]),
    every: EVERY_MS,
  });
  return new Map((data ?? []).map(({ id, name }) => [id, name]));
}
