import { equal, match, ok } from "node:assert/strict";
import { buildParts } from "./page_build.ts";
import { KNOWN, LIMIT, pageSize, sizesOf, tooLarge } from "./page_size.ts";

Deno.test("the page is smaller than 500 kB", async () => {
  const parts = await buildParts();
  equal(tooLarge(pageSize(parts), sizesOf(parts)), null);
});

Deno.test("a page that is too large says what has grown, the most first", () => {
  const sizes = {
    ...KNOWN,
    script: KNOWN.script + 110_500,
    style: KNOWN.style + 5_300,
  };
  equal(tooLarge(LIMIT - 1, sizes), null);
  match(
    tooLarge(LIMIT, sizes) ?? "",
    /^The page has 500\.0 kB, and has to be smaller than 500\.0 kB\. What has grown: its script by 110\.5 kB to [\d.]+ kB, its style by 5\.3 kB to [\d.]+ kB\.$/,
  );
});

Deno.test("the recorded sizes of the parts are those of today, within a tenth", async () => {
  const sizes = sizesOf(await buildParts());
  for (const [part, known] of Object.entries(KNOWN)) {
    const size = sizes[part as keyof typeof KNOWN];
    ok(
      Math.abs(size - known) < known / 10,
      `The ${part} has ${size} bytes, and scripts/dashboard/page_size.ts has ` +
        `${known}. Look at what has changed, and record the new size there.`,
    );
  }
});
