import assert from "node:assert/strict";
import { multiLine, singleLine, truncate } from "./truncate.ts";

Deno.test("a text that fits is left as it is", () => {
  assert.equal(truncate("12345", 5), "12345");
  assert.equal(truncate("", 0), "");
});

Deno.test("a text that is too long ends in the notice, within the limit", () => {
  assert.equal(truncate("123456", 5), "1234…");
  assert.equal(truncate("123456789", 8, { notice: " (cut)" }), "12 (cut)");
});

Deno.test("no character is cut in half", () => {
  for (let limit = 1; limit < 12; limit++) {
    const result = truncate("😀😀😀😀😀😀", limit);
    assert(result.isWellFormed());
    assert(result.length <= limit);
  }
});

Deno.test("what counts is the encoded text, and no encoding is cut in half", () => {
  const encode = (character: string) => character === "&" ? "&amp;" : character;
  assert.equal(truncate("&&", 10, { encode }), "&amp;&amp;");
  assert.equal(truncate("&&", 9, { encode }), "&amp;…");
  assert.equal(truncate("a&&b", 7, { encode }), "a&amp;…");
});

Deno.test("no blank is left before the notice", () => {
  assert.equal(truncate("one two three", 5), "one…");
});

Deno.test("a line holds no controls, no line ends, no turned text", () => {
  assert.equal(
    singleLine("  a\r\nb\tc\u0000\u2028d\u202ee  f\u0085 "),
    "a b c d e f",
  );
  assert.equal(singleLine("\u0007 \n"), "");
});

Deno.test("emoji that are joined stay joined", () => {
  assert.equal(singleLine("👩‍👩‍👧"), "👩‍👩‍👧");
});

Deno.test("half of a surrogate pair becomes a replacement character", () => {
  assert.equal(singleLine("a\ud83d"), "a\ufffd");
  assert.equal(multiLine("\ude00b"), "\ufffdb");
});

Deno.test("a text keeps its lines and tabs, whatever ends a line", () => {
  assert.equal(
    multiLine("\n one\r\n\ttwo\rthree\u2028four\u0000\u001b[31m\u202e\n"),
    "one\n\ttwo\nthree\nfour[31m",
  );
});

const DIRECTION_MARKS = [
  ..."\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069",
];

for (const mark of DIRECTION_MARKS) {
  const name = `U+${mark.charCodeAt(0).toString(16).toUpperCase()}`;
  Deno.test(`${name} does not turn the direction of a text`, () => {
    assert.equal(singleLine(`Acme${mark}Ltd`), "Acme Ltd");
    assert.equal(multiLine(`Acme${mark}Ltd`), "AcmeLtd");
  });
}
