import { join } from "node:path";
import { runOrThrow } from "../stack/command.ts";
import type { PicturedMail } from "./examples.ts";

const TALLER_THAN_ANY = 4000;

/**
 * Takes a picture of a mail, as high as the mail.
 *
 * @param chromium the program.
 * @param file the PNG to write.
 * @returns its height in pixels.
 */
export async function takePicture(
  chromium: string,
  { html, width, dark }: PicturedMail,
  file: string,
): Promise<number> {
  const folder = await Deno.makeTempDir();
  try {
    const page = join(folder, "mail.html");
    await Deno.writeTextFile(page, measuring(html, width));
    const dom = await run(chromium, [
      `--window-size=${width},${TALLER_THAN_ANY}`,
      "--dump-dom",
      page,
    ]);
    const height = Number(/<title>(\d+)<\/title>/.exec(dom)?.[1] ?? NaN);
    if (Number.isNaN(height)) throw new Error("The mail has no height.");

    await Deno.writeTextFile(page, html);
    await run(chromium, [
      `--window-size=${width},${height}`,
      `--screenshot=${file}`,
      ...dark ? ["--blink-settings=preferredColorScheme=0"] : [],
      page,
    ]);
    return height;
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

/** The mail with its height as the title: only a browser can measure it. */
function measuring(html: string, width: number): string {
  return html.replace(
    "</body>",
    `<style>html { width: ${width}px }</style>
    <script>document.title = document.body.scrollHeight</script></body>`,
  );
}

async function run(chromium: string, args: string[]): Promise<string> {
  // Containers have no namespaces for its sandbox; the page is our own.
  const flags = ["--headless", "--no-sandbox", "--hide-scrollbars"];
  const { stdout } = await runOrThrow(
    "take a picture of the mail",
    [chromium, ...flags, ...args],
  );
  return stdout;
}
