import { runOrThrow } from "../stack/command.ts";

/** @returns the text of a file as the formatter of the project writes it. */
export async function formatted(
  extension: "json" | "md" | "ts",
  text: string,
): Promise<string> {
  const { stdout } = await runOrThrow(
    "format a file",
    [Deno.execPath(), "fmt", `--ext=${extension}`, "-"],
    { cwd: import.meta.dirname, stdin: text },
  );
  return stdout;
}
