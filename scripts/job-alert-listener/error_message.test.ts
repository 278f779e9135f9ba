import { equal } from "node:assert/strict";
import { messageOf } from "./error_message.ts";

Deno.test("a host with several addresses tells what each of them said", () => {
  const error = new AggregateError([
    new Error("connect ECONNREFUSED ::1:5432"),
    new Error("connect ECONNREFUSED 127.0.0.1:5432"),
  ]);
  equal(
    messageOf(error),
    "connect ECONNREFUSED ::1:5432; connect ECONNREFUSED 127.0.0.1:5432",
  );
});

Deno.test("everything else has one message", () => {
  equal(messageOf(new Error("terminated")), "terminated");
  equal(messageOf("terminated"), "terminated");
});
