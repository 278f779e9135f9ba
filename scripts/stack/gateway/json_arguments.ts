import type { AnyAST, FunctionInfo } from "@supabase/lite";

// Postgres refuses NUL in text and JSON, so no caller can send this.
const ENCODED = "\u0000json:";

/**
 * Marks the JSON arguments of a function call as encoded.
 *
 * The library turns an object argument into JSON text, and its driver, seeing
 * a parameter of type jsonb, encodes that text once more: the function would
 * receive a JSON string. `toJsonText` passes marked text on unchanged.
 *
 * @param call the parsed request; anything but a function call is left alone.
 * @param functions the functions of the database, for the argument types.
 */
export function markJsonArguments(
  call: AnyAST,
  functions: readonly FunctionInfo[],
): AnyAST {
  const { args } = call;
  if (call.type !== "rpc" || args === undefined || Array.isArray(args)) {
    return call;
  }
  const json = jsonArgumentNames(call, functions);
  const marked = Object.entries(args).map(([name, value]: [string, unknown]) =>
    json.has(name) && value !== null && typeof value !== "string"
      ? [name, ENCODED + JSON.stringify(value)]
      : [name, value]
  );
  return { ...call, args: Object.fromEntries(marked) };
}

/** Serializes a parameter of type json or jsonb for the database driver. */
export function toJsonText(value: unknown): string {
  return typeof value === "string" && value.startsWith(ENCODED)
    ? value.slice(ENCODED.length)
    : JSON.stringify(value);
}

function jsonArgumentNames(
  call: AnyAST,
  functions: readonly FunctionInfo[],
): Set<string> {
  const named = functions.filter((candidate) =>
    candidate.name === call.function &&
    candidate.schema === (call.schema ?? "public")
  );
  return new Set(
    named.flatMap((candidate) =>
      candidate.arg_names.filter((_, index) =>
        /^jsonb?$/.test(candidate.arg_types[index])
      )
    ),
  );
}
