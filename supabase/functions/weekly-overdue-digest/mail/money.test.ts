import assert from "node:assert/strict";
import { inCurrency, money } from "./money.ts";

const written: readonly (readonly [
  amount: string,
  currency: string | null,
  text: string,
])[] = [
  ["0.00", "AUD", "AUD 0.00"],
  ["0.01", "AUD", "AUD 0.01"],
  ["5.00", "EUR", "EUR 5.00"],
  ["999.99", "AUD", "AUD 999.99"],
  ["1000.00", "AUD", "AUD 1,000.00"],
  ["12345678901.20", "USD", "USD 12,345,678,901.20"],
  ["-1234.50", "NZD", "NZD -1,234.50"],
  ["-999.00", "NZD", "NZD -999.00"],
  ["12.00", null, "12.00"],
];

for (const [amount, currency, text] of written) {
  Deno.test(`${amount} ${currency ?? "without a currency"} is ${text}`, () => {
    assert.equal(money(amount, currency), text);
  });
}

Deno.test("a currency has the decimals that it has", () => {
  assert.equal(money("1500.00", "JPY"), "JPY 1,500");
  assert.equal(money("1500.00", "KWD"), "KWD 1,500.000");
  assert.equal(money("1500.00", "CLF"), "CLF 1,500.0000");
});

Deno.test("what the currency has no decimals for is shown all the same", () => {
  assert.equal(money("1500.50", "JPY"), "JPY 1,500.5");
  assert.equal(money("0.005", "AUD"), "AUD 0.005");
  assert.equal(money("10.2500", "AUD"), "AUD 10.25");
});

Deno.test("no digit of the largest amounts is lost", () => {
  assert.equal(
    inCurrency("99999999999999999999.99", "AUD"),
    "99,999,999,999,999,999,999.99",
  );
  assert.equal(inCurrency("90071992547409.93", "AUD"), "90,071,992,547,409.93");
});

Deno.test("a text that is no currency code is shown as it is, on one line, cut", () => {
  assert.equal(money("7.00", "DOLLARS"), "DOLLARS 7.00");
  assert.equal(money("7.00", "$"), "$ 7.00");
  assert.equal(money("7.00", "XYZ"), "XYZ 7.00");
  assert.equal(money("7.00", "A\r\nB\u202eC"), "A B C 7.00");
  assert.equal(money("7.00", "A".repeat(50)), `${"A".repeat(11)}… 7.00`);
});

Deno.test("a text that is no decimal number is shown as it is", () => {
  for (const amount of ["NaN", "Infinity", "1e5", ""]) {
    assert.equal(inCurrency(amount, "AUD"), amount);
  }
});
