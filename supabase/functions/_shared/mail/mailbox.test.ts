import assert from "node:assert/strict";
import { mailAddress, mailbox, mailboxes } from "./mailbox.ts";

const addresses = [
  "a@example.com",
  "sales&admissions@school.example",
  "info@xn--80aswg.xn--p1ai",
  "first.last+tag@sub.example.co.uk",
  "o'brien@example.com",
  "a/b=c!d@example.com",
  '"john doe"@example.com',
  "x@1.example",
  `${"l".repeat(64)}@example.com`,
];

for (const address of addresses) {
  Deno.test(`${address} is an address`, () => {
    assert.equal(mailAddress.parse(address), address);
    assert.deepEqual(mailboxes.parse(address), [address]);
    assert.equal(mailbox.parse(`Office <${address}>`), `Office <${address}>`);
  });
}

const refused = [
  "",
  " , ",
  "Duewatch",
  "Duewatch <alerts>",
  "a@localhost",
  "a@b@example.com",
  ".a@example.com",
  "a..b@example.com",
  "a@-example.com",
  "a@example..com",
  "a@[127.0.0.1]",
  `${"l".repeat(65)}@example.com`,
  `a@${"d".repeat(64)}.example`,
  `a@${"d.".repeat(125)}example`,
  "a@example.com; b@example.com",
  "a@example.com b@example.com",
  "a@example.com <b@example.com>",
  "Jane Doe jane@example.com",
  "Doe, Jane <jane@example.com>",
  "<a@example.com> trailing",
  "<a@example.com",
  '"unclosed <a@example.com>, b@example.com',
  "team: a@example.com, b@example.com;",
  "a@example.com\r\nBcc: b@example.com",
  "Name\u0000 <a@example.com>",
];

for (const text of refused) {
  Deno.test(`${JSON.stringify(text)} is refused`, () => {
    assert.equal(mailAddress.safeParse(text).success, false);
    assert.equal(mailboxes.safeParse(text).success, false);
    assert.equal(mailbox.safeParse(text).success, false);
  });
}

const lists = [
  {
    text: '"Doe, Jane" <jane@x.example>, b@x.example',
    read: ['"Doe, Jane" <jane@x.example>', "b@x.example"],
  },
  {
    text: 'Mario <m@x.example>,,"a;b <c> @" <a@x.example>,',
    read: ["Mario <m@x.example>", '"a;b <c> @" <a@x.example>'],
  },
  {
    text: '"Jane \\"J\\" \\\\ Doe" <j@x.example>',
    read: ['"Jane \\"J\\" \\\\ Doe" <j@x.example>'],
  },
  { text: "<a@x.example>", read: ["a@x.example"] },
  { text: "Žofie Černá <z@x.example>", read: ["Žofie Černá <z@x.example>"] },
  { text: "Office (day) <o@x.example>", read: ["Office <o@x.example>"] },
];

for (const { text, read } of lists) {
  Deno.test(`${text} is ${read.length} mailbox(es)`, () => {
    assert.deepEqual(mailboxes.parse(text), read);
    // What is handed on means the same when it is read again.
    assert.deepEqual(mailboxes.parse(read.join(", ")), read);
  });
}

Deno.test("a sender is one mailbox", () => {
  const sender = '"Doe, Jane" <jane@x.example>';
  assert.equal(mailbox.parse(sender), sender);
  assert.equal(mailbox.safeParse("a@x.example, b@x.example").success, false);
});

Deno.test("a mail has at most 50 recipients", () => {
  const list = (count: number) => Array(count).fill("a@x.example").join();
  assert.equal(mailboxes.parse(list(50)).length, 50);
  assert.equal(mailboxes.safeParse(list(51)).success, false);
});
