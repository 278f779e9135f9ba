import {
  createPostgresConnection,
  type IPostgresConnectionConfig,
  PostgresConnection,
} from "@supabase/lite/postgres";
import { Kysely } from "kysely";
import { PostgresJSDialect } from "kysely-postgres-js";
import { SessionPool } from "./session_pool.ts";

/** The library's connection, on a pool that outlives a crash of Postgres. */
export class PooledConnection extends PostgresConnection {
  readonly #pool: SessionPool;

  /** @param size how many connections to the database there are at most. */
  constructor(config: IPostgresConnectionConfig, size: number) {
    super(config);
    this.#pool = new SessionPool(
      (onLost) =>
        createPostgresConnection({
          ...config,
          postgresOptions: {
            ...config.postgresOptions,
            max: 1,
            max_lifetime: null,
            onclose: onLost,
          },
        }).driver,
      size,
    );
    this.kysely = new Kysely({
      dialect: new PostgresJSDialect({ postgres: () => this.#pool }),
    });
  }

  override async close(): Promise<void> {
    await super.close();
    await this.#pool.end();
  }
}
