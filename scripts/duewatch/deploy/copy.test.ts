import { equal } from "node:assert/strict";
import { otherProject } from "./copy.ts";

const OURS = "abcdefghijklmnopqrst";
const OTHERS = "zyxwvutsrqponmlkjihg";

Deno.test("an address of another project makes a database a copy", () => {
  const other = `the project ${OTHERS}`;
  equal(
    otherProject(`https://${OTHERS}.supabase.co/functions/v1`, OURS),
    other,
  );
  equal(
    otherProject(`https://${OTHERS}.functions.supabase.co`, OURS),
    other,
  );
});

Deno.test("its own address, a custom domain and none at all do not", () => {
  for (
    const url of [
      `https://${OURS}.supabase.co/functions/v1`,
      "https://api.school.example/functions/v1",
      `https://evil.example/${OTHERS}.supabase.co`,
      "http://127.0.0.1:54321/functions/v1",
      null,
    ]
  ) equal(otherProject(url, OURS), null, String(url));
});
