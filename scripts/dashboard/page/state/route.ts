import { signal } from "@preact/signals";

/** Where the reader is: the part of the address behind the `#`. */
export interface Route {
  /** The parts of the path, decoded: `["runs", "<id>"]`. */
  readonly path: readonly string[];
  readonly query: URLSearchParams;
}

export type Query = Readonly<Record<string, string | undefined>>;

/** The current route. */
export const route = signal(parseRoute(globalThis.location?.hash ?? ""));

globalThis.addEventListener?.("hashchange", () => {
  route.value = parseRoute(location.hash);
  scrollTo(0, 0);
});

/** Reads a route. What is not valid becomes the start page. */
export function parseRoute(hash: string): Route {
  const url = URL.parse(hash.replace(/^#\/?/, "/"), "http://page.invalid");
  const path = (url?.pathname ?? "/").split("/").filter((part) => part !== "");
  return {
    path: path.map(decode),
    query: url?.searchParams ?? new URLSearchParams(),
  };
}

/** @returns the address of a screen; parameters without a value are left out. */
export function href(path: readonly string[], query: Query = {}): string {
  const parameters = new URLSearchParams(
    Object.entries(query).flatMap(([name, value]) =>
      value === undefined || value === "" ? [] : [[name, value]]
    ),
  );
  const text = parameters.size === 0 ? "" : `?${parameters}`;
  return `#/${path.map(encodeURIComponent).join("/")}${text}`;
}

/** Goes to a screen. */
export function go(path: readonly string[], query?: Query): void {
  location.hash = href(path, query);
}

function decode(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}
