import { singleLine, truncate } from "../../_shared/truncate.ts";

const DECIMAL = /^-?\d+(?:\.\d+)?$/;
const CODE = /^[A-Z]{3}$/;

// Whatever adopters have in that column.
const MAX_CURRENCY = 12;

const HUNDREDTHS = 2;
// The most that Intl takes.
const MAX_DECIMALS = 100;

/**
 * @param amount a decimal number, exact, as text.
 * @param currency its code in ISO 4217; others are shown as they are.
 * @returns such as `AUD 12,345.60`, `JPY 1,500`, and without a currency
 *   `12,345.60`.
 */
export function money(amount: string, currency: string | null): string {
  const figures = inCurrency(amount, currency);
  return currency === null ? figures : `${currencyName(currency)} ${figures}`;
}

/**
 * Writes an amount without its currency. No part of it becomes a float: an
 * amount is right to the last of its decimals, however large it is.
 *
 * @returns as many decimals as the currency has, and more where the amount has
 *   more that are not zero. A text that is no decimal number is returned as it
 *   is.
 */
export function inCurrency(amount: string, currency: string | null): string {
  if (!DECIMAL.test(amount)) return singleLine(amount);
  return new Intl.NumberFormat("en", {
    minimumFractionDigits: decimalsOf(currency),
    maximumFractionDigits: MAX_DECIMALS,
  }).format(amount as `${number}`);
}

/** @returns a currency as people read it, on one line. */
export function currencyName(currency: string): string {
  return truncate(singleLine(currency), MAX_CURRENCY);
}

function decimalsOf(currency: string | null): number {
  if (currency === null || !CODE.test(currency)) return HUNDREDTHS;
  return new Intl.NumberFormat("en", { style: "currency", currency })
    .resolvedOptions().minimumFractionDigits ?? HUNDREDTHS;
}
