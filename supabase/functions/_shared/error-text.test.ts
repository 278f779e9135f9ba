import assert from "node:assert/strict";
import { errorText } from "./error-text.ts";

Deno.test("an error names no more of an address than its host", () => {
  for (
    const [text, expected] of [
      [
        "no answer from https://hooks.example.com:8443/T0/secret?key=1: gone",
        "no answer from https://hooks.example.com:8443 gone",
      ],
      ["(https://h.example/secret)", "(https://h.example)"],
      [
        "postgres://user:secret@db.example:5432/x",
        "postgres://db.example:5432",
      ],
      ["wss://h.example/?secret", "wss://h.example"],
      ["//h.example/secret", "//h.example"],
      ["https://user:se@cret@h.example", "https://h.example"],
      ["https://user:se/cret@h.example/x", "https://h.example"],
      ["HTTPS://user@h.example#secret", "HTTPS://h.example"],
      ["1 // 2, a/b, 12:00", "1 // 2, a/b, 12:00"],
    ]
  ) {
    assert.equal(errorText(new Error(text)), expected);
  }
});

Deno.test("nor where a text is cut", () => {
  const secret = "postgres://user:secret@db.example/secret";
  for (let before = 0; before < 2600; before++) {
    const text = `${"x".repeat(before)} ${secret} ${"y".repeat(3000)}`;
    assert.doesNotMatch(errorText(new Error(text), 500), /user|sec/);
  }
});

Deno.test("the text of an error is one that Postgres stores", () => {
  assert.equal(errorText(new Error("a\u0000b\ud800c😀")), "ab\ufffdc😀");
  assert.equal(errorText(new Error("😀".repeat(10)), 6), "😀😀\ufffd…");
});

Deno.test("whatever is thrown has a text", () => {
  for (const thrown of ["text", undefined, null, 1, {}, new RangeError("")]) {
    assert.notEqual(errorText(thrown), "");
  }
});
