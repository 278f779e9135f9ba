import { Hono } from "hono";
import { cors } from "hono/cors";
import { jwtVerify, SignJWT } from "jose";
import postgres from "postgres";
import { z } from "zod";
import { parseJson } from "../../json/parse_json.ts";
import { type StackConfig, stackUrls } from "../config.ts";
import type { StackKeys } from "../keys.ts";

/** The part of Supabase Auth that a sign-in with a password needs. */
export interface AuthApi {
  /** Answers a request below `/auth/v1`. */
  fetch(request: Request): Promise<Response>;
  /** Closes the connections to the database. */
  close(): Promise<void>;
}

const EXPIRES_IN_S = 3600;
const REFRESH_EXPIRES = "7d";
const REFRESH = "refresh";

const passwordBody = z.object({ email: z.string(), password: z.string() });
const refreshBody = z.object({ refresh_token: z.string() });

interface User {
  readonly id: string;
  readonly email: string;
  readonly created_at: Date | null;
}

/**
 * Opens it on the stack's Postgres. Passwords are compared as Supabase Auth
 * does, with the bcrypt hash in `auth.users`. Tokens are signed with the stack's
 * own secret. Nobody can sign up, and no mail is sent.
 */
export function openAuthApi(config: StackConfig, keys: StackKeys): AuthApi {
  const sql = postgres(stackUrls(config).databaseUrl, {
    max: 2,
    onnotice: () => {},
  });
  const secret = new TextEncoder().encode(keys.jwtSecret);
  const app = new Hono().basePath("/auth/v1");
  app.use(cors());
  app.use(async (context, next) => {
    const key = context.req.header("apikey");
    if (key !== keys.publishableKey && key !== keys.secretKey) {
      return context.json({ message: "No API key found in request" }, 401);
    }
    await next();
  });

  app.post("/token", async (context) => {
    const body = parseJson(await context.req.text());
    const user = context.req.query("grant_type") === "password"
      ? await byPassword(body)
      : await byRefreshToken(body);
    return user === null
      ? authError(400, "invalid_credentials", "Invalid login credentials")
      : context.json(await sessionOf(user));
  });
  app.get("/user", async (context) => {
    const [, token = ""] = /^Bearer (.+)$/.exec(
      context.req.header("Authorization") ?? "",
    ) ?? [];
    const user = await byToken(token, "authenticated");
    return user === null
      ? authError(403, "bad_jwt", "invalid JWT")
      : context.json(answerOf(user));
  });
  app.post("/logout", (context) => context.body(null, 204));
  app.notFound(() => authError(404, "not_found", "This is not there locally"));

  async function byPassword(body: unknown): Promise<User | null> {
    const given = passwordBody.safeParse(body);
    if (!given.success) return null;
    const [user] = await sql<User[]>`
      select id, email, created_at
      from auth.users
      where lower(email) = lower(${given.data.email})
        and encrypted_password = extensions.crypt(${given.data.password}, encrypted_password)
        and deleted_at is null
        and coalesce(banned_until < now(), true)
    `;
    return user ?? null;
  }

  async function byRefreshToken(body: unknown): Promise<User | null> {
    const given = refreshBody.safeParse(body);
    return given.success
      ? await byToken(given.data.refresh_token, REFRESH)
      : null;
  }

  async function byToken(
    token: string,
    audience: string,
  ): Promise<User | null> {
    const verified = await jwtVerify(token, secret, { audience })
      .catch(() => null);
    if (verified === null) return null;
    const [user] = await sql<User[]>`
      select id, email, created_at
      from auth.users
      where id::text = ${verified.payload.sub ?? ""}
        and deleted_at is null
    `;
    return user ?? null;
  }

  const sign = (user: User, audience: string, expires: string) =>
    new SignJWT({
      role: "authenticated",
      email: user.email,
      session_id: crypto.randomUUID(),
    })
      .setProtectedHeader({ alg: "HS256", kid: keys.jwtKeyId, typ: "JWT" })
      .setSubject(user.id)
      .setAudience(audience)
      .setIssuedAt()
      .setExpirationTime(expires)
      .sign(secret);

  const sessionOf = async (user: User) => ({
    access_token: await sign(user, "authenticated", `${EXPIRES_IN_S}s`),
    token_type: "bearer",
    expires_in: EXPIRES_IN_S,
    expires_at: Math.floor(Date.now() / 1000) + EXPIRES_IN_S,
    refresh_token: await sign(user, REFRESH, REFRESH_EXPIRES),
    user: answerOf(user),
  });

  return {
    fetch: async (request) => await app.fetch(request),
    close: () => sql.end({ timeout: 1 }),
  };
}

function answerOf({ id, email, created_at }: User) {
  return {
    id,
    aud: "authenticated",
    role: "authenticated",
    email,
    app_metadata: { provider: "email", providers: ["email"] },
    user_metadata: {},
    created_at: created_at?.toISOString() ?? null,
  };
}

/** @returns an error in the form of Supabase Auth. */
function authError(code: number, errorCode: string, msg: string): Response {
  return Response.json({ code, error_code: errorCode, msg }, { status: code });
}
