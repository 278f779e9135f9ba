import type postgres from "postgres";

/** A project's database, to be asked. */
export interface ProjectDatabase {
  /** Which one it is, in words, without its password. */
  readonly name: string;
  /** Runs one statement that only reads, and answers with its only value. */
  read(statement: string): Promise<unknown>;
  /** Runs one statement that changes something, as a transaction of its own. */
  change(statement: string): Promise<void>;
  /** A connection of its own; null where the CLI is asked. */
  readonly sql: postgres.Sql | null;
}
