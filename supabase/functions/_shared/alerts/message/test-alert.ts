import type { AlertOf } from "../alert.ts";
import type { Message } from "./description.ts";
import { facts } from "./parts.ts";

export function testMessage(
  { details: { requested_by, reason } }: AlertOf<"test">,
): Message {
  return {
    summary: "This is a test: alerts reach you here. Nothing is wrong.",
    next: "Nothing. A test concerns no job and opens no incident.",
    toDo: "Nothing, if you expected it. Otherwise ask who sent it.",
    parts: [facts(["Asked by", requested_by], ["Reason", reason])],
  };
}
