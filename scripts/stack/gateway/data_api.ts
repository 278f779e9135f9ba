import { App } from "@supabase/lite";
import postgres from "postgres";
import { type StackConfig, stackUrls } from "../config.ts";
import type { StackKeys } from "../keys.ts";
import { AuthenticatorConnection } from "./authenticator_connection.ts";
import { answerWithoutDatabase } from "./database_errors.ts";

/** The Data API of a stack. */
export interface DataApi {
  /**
   * Answers a request below `/rest/v1`.
   *
   * @param peerAddress the caller's IP address, `null` where unknown.
   */
  fetch(request: Request, peerAddress: string | null): Promise<Response>;
  /** Closes the connections to the database. */
  close(): Promise<void>;
}

/**
 * Opens the Data API on the stack's Postgres.
 *
 * It logs in as `authenticator` and switches to the caller's role, as hosted
 * PostgREST does, so that time-outs and row level security are the real ones.
 * As there, `notify pgrst, 'reload schema'` makes it see new tables.
 */
export async function openDataApi(
  config: StackConfig,
  keys: StackKeys,
): Promise<DataApi> {
  const connection = new AuthenticatorConnection(config, keys);
  const app = new App({
    connection,
    api: { schemas: ["public", "graphql_public"], max_rows: 1000 },
    auth: {
      publishable_key: keys.publishableKey,
      secret_key: keys.secretKey,
      jwt_secret: keys.jwtSecret,
    },
    options: {
      server: {
        admin: false,
        disableStudio: true,
        middlewares: [async (context, next) => {
          // PostgREST trusts the signature of a token and never asks
          // auth.users, which the authenticator may not read.
          const { repo } = context.get("authService");
          Reflect.set(repo, "findUserById", () => Promise.resolve(null));
          await next();
          const answer = answerWithoutDatabase(context.error);
          if (answer !== null) context.res = answer;
        }],
      },
    },
  });
  const listener = postgres(stackUrls(config).databaseUrl, {
    max: 1,
    // Seconds; left alone, the pauses grow to twenty.
    backoff: () => 0.5,
    onnotice: () => {},
  });
  const reload = () => void connection.clearSchemaCache();
  // postgres.js replaces a lost connection; notifications may have been missed
  // until then.
  await listener.listen("pgrst", reload, reload);
  return {
    fetch: (request, peerAddress) => app.fetch(request, { peerAddress }),
    async close() {
      await listener.end({ timeout: 1 });
      await connection.close();
    },
  };
}
