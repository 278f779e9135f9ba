import { readRows } from "../api/client.ts";
import { session } from "../api/session.ts";
import { useQuestion } from "./query.ts";

const EVERY_MS = 600_000;

/** @returns the names of agencies, as far as the reader may see them, by id. */
export function useAgencyNames(
  ids: readonly string[],
): ReadonlyMap<string, string> {
  const { value } = session;
  const mayRead = value.kind === "in" && value.access.data;
  const wanted = mayRead ? ids : [];
  const { data } = useQuestion({
    key: ["agency names", wanted],
    read: (signal) =>
      wanted.length > 0
        ? readRows<{ id: string; name: string }>("agencies", {
          select: "id,name",
          id: `in.(${wanted.join()})`,
        }, signal)
        : Promise.resolve([]),
    every: EVERY_MS,
  });
  return new Map((data ?? []).map(({ id, name }) => [id, name]));
}
