// Below the range from which Linux takes the near end of a connection: such a
// port is not taken by chance before it is used.
const LOWEST = 15_000;
const HIGHEST = 32_000;

/** Finds TCP ports on 127.0.0.1 that nobody listens on at the moment. */
export function freePorts(count: number): number[] {
  const ports = new Set<number>();
  while (ports.size < count) {
    const port = LOWEST + Math.floor(Math.random() * (HIGHEST - LOWEST));
    if (isFree(port)) ports.add(port);
  }
  return [...ports];
}

function isFree(port: number): boolean {
  try {
    Deno.listen({ hostname: "127.0.0.1", port }).close();
    return true;
  } catch (error) {
    if (error instanceof Deno.errors.AddrInUse) return false;
    throw error;
  }
}
