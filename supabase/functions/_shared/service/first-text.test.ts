import assert from "node:assert/strict";
import { firstText } from "./first-text.ts";

/** A body that is sent chunk by chunk, as it is asked for. */
function sending(next: (chunk: number) => Uint8Array<ArrayBuffer> | null) {
  let chunks = 0;
  const body = new ReadableStream<Uint8Array<ArrayBuffer>>({
    pull(controller) {
      const bytes = next(chunks++);
      if (bytes === null) controller.close();
      else controller.enqueue(bytes);
    },
  }, { highWaterMark: 0 });
  return { response: new Response(body), chunks: () => chunks };
}

Deno.test("a long body is read to 4 kB and no further", async () => {
  const { response, chunks } = sending((chunk) =>
    chunk < 100 ? new Uint8Array(1024).fill(97) : null
  );
  assert.equal(await firstText(response), "a".repeat(4096));
  assert.equal(chunks(), 4);
});

Deno.test("a character that arrives in two parts is read as one", async () => {
  const bytes = new TextEncoder().encode("é");
  const { response } = sending((chunk) =>
    chunk < 2 ? bytes.slice(chunk, chunk + 1) : null
  );
  assert.equal(await firstText(response), "é");
});

Deno.test("what was read before the connection broke is kept", async () => {
  const { response } = sending((chunk) => {
    if (chunk > 0) throw new Error("connection reset");
    return new TextEncoder().encode("no_service");
  });
  assert.equal(await firstText(response), "no_service");
});

Deno.test("without a body there is no text", async () => {
  assert.equal(await firstText(new Response(null)), "");
});
