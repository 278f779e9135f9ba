/** @returns an amount whose currency stands beside it: `4,250.00`. */
export function digits(amount: number, currency: string | null): string {
  return money(amount, currency).replace(/^[A-Z]{3} /, "");
}

/** @returns an amount with its currency: `AUD 4,250.00`, `JPY 144,000`. */
export function money(amount: number, currency: string | null): string {
  if (currency === null) return amount.toLocaleString("en");
  try {
    return new Intl.NumberFormat("en", {
      style: "currency",
      currency,
      currencyDisplay: "code",
    }).format(amount).replace(/\u00a0/g, " ");
  } catch {
    // Three letters are a currency to the database, and need not be one here.
    return `${currency} ${amount.toLocaleString("en")}`;
  }
}
