import { readIfExists } from "./files.ts";

const MAX_BYTES = 10 * 1024 * 1024;

/** A log that only its owner can read and that starts again above 10 MB. */
export class LogFile {
  readonly #path: string;

  constructor(path: string) {
    this.#path = path;
  }

  /** Appends one event as a line of JSON, with the time in UTC. */
  event(event: string, details: Record<string, unknown> = {}): void {
    this.write(
      JSON.stringify({ time: new Date().toISOString(), event, ...details }) +
        "\n",
    );
  }

  /** Appends text unchanged. */
  write(text: string): void {
    this.#rotate();
    Deno.writeTextFileSync(this.#path, text, { append: true, mode: 0o600 });
  }

  #rotate(): void {
    try {
      if (Deno.statSync(this.#path).size < MAX_BYTES) return;
      Deno.renameSync(this.#path, `${this.#path}.1`);
    } catch (error) {
      if (!(error instanceof Deno.errors.NotFound)) throw error;
    }
  }
}

/** The last lines of a log, for a message about what went wrong. */
export async function lastLines(path: string, count: number): Promise<string> {
  const text = await readIfExists(path) ?? "(no log)";
  return text.trimEnd().split("\n").slice(-count).join("\n");
}
