/** A Slack that takes its time. */
export interface SlowSlack extends AsyncDisposable {
  readonly webhookUrl: string;
  /** How often it was called. */
  readonly calls: number;
  /** Resolves when it is called for the first time. */
  readonly called: Promise<void>;
  /** Answers what came and what will come. */
  answer(): void;
}

/** Starts a server that takes messages, and says so only when it is told to. */
export function startSlowSlack(): SlowSlack {
  const called = Promise.withResolvers<void>();
  const answered = Promise.withResolvers<void>();
  let calls = 0;
  const server = Deno.serve(
    { hostname: "127.0.0.1", port: 0, onListen: () => {} },
    async (request) => {
      await request.text();
      calls += 1;
      called.resolve();
      await answered.promise;
      return new Response("ok");
    },
  );
  return {
    webhookUrl: `http://127.0.0.1:${server.addr.port}/services/T0/B0/slow`,
    get calls() {
      return calls;
    },
    called: called.promise,
    answer: () => answered.resolve(),
    async [Symbol.asyncDispose]() {
      answered.resolve();
      await server.shutdown();
    },
  };
}
