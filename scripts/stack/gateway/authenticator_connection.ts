import type { PostgresConnection } from "@supabase/lite/postgres";
import { sql } from "kysely";
import type postgres from "postgres";
import type { AnyAST, IntrospectResult } from "@supabase/lite";
import { type StackConfig, stackUrls } from "../config.ts";
import type { StackKeys } from "../keys.ts";
import { asPostgrestError } from "./database_errors.ts";
import {
  calledFunction,
  hoistStatementTimeout,
  type RequestSession,
} from "./hoisted_settings.ts";
import { markJsonArguments, toJsonText } from "./json_arguments.ts";
import { PooledConnection } from "./pooled_connection.ts";

/**
 * A connection that answers requests as `authenticator` and reads the catalog
 * as `postgres`.
 *
 * The library looks tables up in `information_schema`, which shows a role only
 * what it has privileges on, and `authenticator` has none before it switches
 * to the caller's role. PostgREST reads the catalog itself, which hides nothing.
 */
export class AuthenticatorConnection extends PooledConnection {
  readonly #catalog: PooledConnection;

  constructor(config: StackConfig, keys: StackKeys) {
    super({
      url: `postgresql://authenticator:${keys.authenticatorPassword}` +
        `@127.0.0.1:${config.dbPort}/postgres`,
      postgresOptions: {
        onnotice: () => {},
        types: { json: jsonType(114), jsonb: jsonType(3802) },
      },
    }, 20);
    this.#catalog = new PooledConnection({
      url: stackUrls(config).databaseUrl,
      postgresOptions: { onnotice: () => {} },
    }, 2);
    // Left to itself, the library first grants all privileges on every table
    // with row level security to the API roles. Roles and grants are the
    // platform's and the migrations' matter here, as on hosted Supabase.
    Reflect.set(this, "rlsState", "active");
  }

  override async introspect(
    options?: { useCache?: boolean },
  ): Promise<IntrospectResult> {
    const catalog = await this.#catalog.introspect(options);
    if (catalog.tables.length > 0) return catalog;
    // The library takes a database that does not answer for an empty one, in
    // which every table is unknown. This question fails with the true reason.
    await sql`select 1`.execute(this.#catalog.kysely);
    return await this.#catalog.introspect(options);
  }

  override async onPostgrestAST(request: AnyAST): Promise<AnyAST> {
    const { functions } = await this.introspect({ useCache: true });
    return await super.onPostgrestAST(
      markJsonArguments(request, functions ?? []),
    );
  }

  override withContext<T>(
    caller: Parameters<PostgresConnection["withContext"]>[0],
    work: (session: RequestSession) => Promise<T>,
    options?: Parameters<PostgresConnection["withContext"]>[2],
  ): Promise<T> {
    if (caller === undefined) return super.withContext(caller, work, options);
    const functionName = calledFunction(options?.rpc?.path);
    return super.withContext(caller, async (session) => {
      await hoistStatementTimeout(session, functionName);
      return await work(session);
    }, options);
  }

  override normalizeDbError(error: unknown): unknown {
    return asPostgrestError(super.normalizeDbError(error));
  }

  override viewOptionsMetadata(
    viewName: string,
    viewSchema: string,
  ): ReturnType<PostgresConnection["viewOptionsMetadata"]> {
    return this.#catalog.viewOptionsMetadata(viewName, viewSchema);
  }

  /** Clears the cached tables and functions, after a migration. */
  override async clearSchemaCache(): Promise<void> {
    await super.clearSchemaCache();
    await this.#catalog.clearSchemaCache();
  }

  override async close(): Promise<void> {
    await super.close();
    await this.#catalog.close();
  }
}

function jsonType(oid: number): postgres.PostgresType {
  return {
    to: oid,
    from: [oid],
    serialize: toJsonText,
    parse: (text: string) => JSON.parse(text),
  };
}
