/** How serious an event is; it also chooses the console method. */
export type LogLevel = "info" | "warn" | "error";

/** What an event carries beside its name: plain data, never a credential. */
export type LogFields = Readonly<Record<string, unknown>>;

/** Receives one finished line, without a line feed. */
export type LogSink = (level: LogLevel, line: string) => void;

/** Writes one JSON line per event. */
export interface Logger {
  info(event: string, fields?: LogFields): void;
  warn(event: string, fields?: LogFields): void;
  error(event: string, fields?: LogFields): void;
  /** A logger that adds these fields, such as the run id, to every event. */
  child(fields: LogFields): Logger;
}

// Supabase takes a line's level from the console method that wrote it.
const consoleSink: LogSink = (level, line) => console[level](line);

/**
 * Creates a logger of structured events.
 *
 * @returns a logger whose lines are `{"at", "level", "event", …fields}`, `at`
 *   being an ISO 8601 instant.
 */
export function createLogger(
  sink: LogSink = consoleSink,
  context: LogFields = {},
): Logger {
  const write = (level: LogLevel, event: string, fields: LogFields = {}) =>
    sink(
      level,
      JSON.stringify({
        at: new Date().toISOString(),
        level,
        event,
        ...context,
        ...fields,
      }),
    );

  return {
    info: (event, fields) => write("info", event, fields),
    warn: (event, fields) => write("warn", event, fields),
    error: (event, fields) => write("error", event, fields),
    child: (fields) => createLogger(sink, { ...context, ...fields }),
  };
}
