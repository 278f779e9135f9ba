import { equal } from "node:assert/strict";
import { messageOf } from "./message_of.ts";

Deno.test("the message of a host with several addresses holds the message of each", () => {
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
