/**
 * Takes credentials out of a text that will be stored and shown: runtimes name
 * the whole address in their network errors, and services echo what they got.
 *
 * @param secrets what must not appear. Shorter ones than eight characters are
 *   left: they would take ordinary words out.
 */
export function withoutSecrets(
  text: string,
  secrets: readonly string[],
): string {
  return secrets
    .filter((secret) => secret.length >= 8)
    .reduce((clean, secret) => clean.replaceAll(secret, "[hidden]"), text);
}
