/** A TCP proxy on 127.0.0.1 whose connections can be cut and restored. */
export class TcpProxy implements AsyncDisposable {
  readonly port: number;
  readonly #target: number;
  readonly #listener: Deno.TcpListener;
  readonly #accepting: Promise<void>;
  readonly #lines = new Set<Line>();
  #state: "open" | "cut" | "refusing" = "open";
  #opened = 0;
  #refused = 0;

  /** @param target port of 127.0.0.1 that it stands in front of. */
  constructor(target: number) {
    this.#target = target;
    this.#listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
    this.port = this.#listener.addr.port;
    this.#accepting = this.#accept();
  }

  /**
   * Loses every byte from now on without closing anything, as a pulled cable
   * does. New connections open and stay silent.
   */
  cut(): void {
    this.#state = "cut";
    for (const line of this.#lines) line.isDead = true;
  }

  /** Ends every connection, and new ones at once, as a stopped server does. */
  refuse(): void {
    this.#state = "refusing";
    for (const line of this.#lines) line.close();
  }

  /** How many connections were opened so far, the refused ones included. */
  get opened(): number {
    return this.#opened;
  }

  /** How many connections were refused so far. */
  get refused(): number {
    return this.#refused;
  }

  /** Serves new connections again. Those that were cut stay dead. */
  restore(): void {
    this.#state = "open";
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.refuse();
    this.#listener.close();
    await this.#accepting;
  }

  async #accept(): Promise<void> {
    const ended: Promise<void>[] = [];
    for await (const client of this.#listener) ended.push(this.#serve(client));
    await Promise.all(ended);
  }

  async #serve(client: Deno.Conn): Promise<void> {
    this.#opened += 1;
    if (this.#state === "refusing") {
      this.#refused += 1;
      client.close();
      return;
    }
    const line = new Line(client, this.#state === "cut");
    this.#lines.add(line);
    try {
      await line.run(this.#target);
    } finally {
      line.close();
      this.#lines.delete(line);
    }
  }
}

/** One connection through the proxy. */
class Line {
  readonly #ends: Deno.Conn[];
  readonly #closed = Promise.withResolvers<void>();

  constructor(client: Deno.Conn, public isDead: boolean) {
    this.#ends = [client];
  }

  /** Resolves when the connection is over. */
  async run(target: number): Promise<void> {
    const [client] = this.#ends;
    const server = await connect(target);
    if (server === null) return;
    this.#ends.push(server);
    await Promise.race([
      this.#copy(client, server),
      this.#copy(server, client),
      this.#closed.promise,
    ]);
    // Closing a dead connection is not seen on the other side.
    if (this.isDead) await this.#closed.promise;
  }

  close(): void {
    this.#closed.resolve();
    for (const end of this.#ends.splice(0)) end.close();
  }

  async #copy(from: Deno.Conn, to: Deno.Conn): Promise<void> {
    const buffer = new Uint8Array(64 * 1024);
    try {
      while (true) {
        const count = await from.read(buffer);
        if (count === null) return;
        if (!this.isDead) await writeAll(to, buffer.subarray(0, count));
      }
    } catch (error) {
      if (!isEndOfConnection(error)) throw error;
    }
  }
}

async function connect(port: number): Promise<Deno.Conn | null> {
  try {
    return await Deno.connect({ hostname: "127.0.0.1", port });
  } catch (error) {
    if (error instanceof Deno.errors.ConnectionRefused) return null;
    throw error;
  }
}

async function writeAll(to: Deno.Conn, bytes: Uint8Array): Promise<void> {
  for (let done = 0; done < bytes.length;) {
    done += await to.write(bytes.subarray(done));
  }
}

function isEndOfConnection(error: unknown): boolean {
  return error instanceof Deno.errors.BadResource ||
    error instanceof Deno.errors.Interrupted ||
    error instanceof Deno.errors.ConnectionReset ||
    error instanceof Deno.errors.ConnectionAborted ||
    error instanceof Deno.errors.BrokenPipe;
}
