import assert from "node:assert/strict";
import type { FunctionInfo } from "@supabase/lite";
import { markJsonArguments, toJsonText } from "./json_arguments.ts";

const FINISH: FunctionInfo = {
  schema: "public",
  name: "finish",
  arg_names: ["run_id", "metadata"],
  arg_types: ["uuid", "jsonb"],
  arg_defaults: 0,
  has_variadic: false,
  volatility: "v",
  return_type: "jsonb",
  return_is_setof: false,
  return_typtype: "b",
  has_out_args: false,
};

function argumentsOf(args: Record<string, unknown>): Record<string, unknown> {
  const call = { type: "rpc", function: "finish", args };
  return { ...markJsonArguments(call, [FINISH]).args };
}

Deno.test("an object argument reaches the database encoded once", () => {
  const { metadata } = argumentsOf({ metadata: { attempts: 1 } });
  assert.equal(toJsonText(metadata), '{"attempts":1}');
});

Deno.test("a text argument of type jsonb stays a JSON string", () => {
  const { metadata } = argumentsOf({ metadata: '{"attempts":1}' });
  assert.equal(toJsonText(metadata), '"{\\"attempts\\":1}"');
});

Deno.test("arguments of other types and nulls are left alone", () => {
  assert.deepEqual(argumentsOf({ run_id: "a", metadata: null }), {
    run_id: "a",
    metadata: null,
  });
});

Deno.test("a request that calls no function is left alone", () => {
  const query = { type: "query", from: "agencies" };
  assert.equal(markJsonArguments(query, [FINISH]), query);
});
