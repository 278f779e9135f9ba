import { exists } from "./files.ts";
import { ensureInstalled } from "./packages.ts";
import type { Progress } from "./progress.ts";

// Ubuntu's package of that name only leads to a snap, which needs a daemon.
const PROGRAMS = [
  "/usr/bin/chromium",
  "/usr/bin/google-chrome",
  "/usr/bin/chromium-browser",
];

/**
 * Finds Chromium, and installs Debian's package where there is none.
 *
 * @param given the variable `CHROMIUM`, which wins.
 * @returns the path of the program.
 * @throws StackError with the exact command when we may not install.
 */
export async function ensureChromium(
  progress: Progress,
  given: string | undefined = Deno.env.get("CHROMIUM"),
): Promise<string> {
  if (given) return given;
  for (const program of PROGRAMS) {
    if (await exists(program)) return program;
  }
  await ensureInstalled(["chromium", "fonts-dejavu-core"], progress);
  return PROGRAMS[0];
}
