// Exits with 0 when the listener of this container is well, and with 1 when it
// is not: the image has no curl.
const port = Deno.env.get("ALERT_LISTENER_HEALTH_PORT") || "54330";

try {
  const answer = await fetch(`http://127.0.0.1:${port}/healthz`, {
    signal: AbortSignal.timeout(4_000),
  });
  console.log(await answer.text());
  Deno.exit(answer.ok ? 0 : 1);
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  Deno.exit(1);
}
