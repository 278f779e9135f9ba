import { exportJWK, generateKeyPair, type JWTPayload, SignJWT } from "jose";

/** What a token is like; by default a signed-in user's, and good. */
export interface TokenOptions {
  readonly subject?: string;
  /** When it expires, in seconds from now. */
  readonly expiresIn?: number;
  /** Instead of those of a signed-in user. */
  readonly claims?: JWTPayload;
  /** HS256 is what projects with a shared secret sign with. */
  readonly algorithm?: "ES256" | "HS256";
  readonly keyId?: string;
  /** Whether a stranger signs it. */
  readonly forged?: boolean;
}

/** What the project was asked. */
export interface ProjectRequest {
  readonly path: string;
  readonly apikey: string | null;
  readonly authorization: string | null;
}

/** The side of a Supabase project that users sign in to. */
export interface FakeProject extends AsyncDisposable {
  readonly url: string;
  /** The keys that verify its tokens, as `SUPABASE_JWKS`. */
  readonly jwks: string;
  readonly requests: readonly ProjectRequest[];
  /** Users who have the role `admin`. */
  readonly admins: Set<string>;
  /** What the Data API answers instead. */
  dataApiAnswers: (() => Response) | null;
  tokenOf(options?: TokenOptions): Promise<string>;
}

/** Starts a project on this machine, without users. */
export async function startFakeProject(): Promise<FakeProject> {
  const es256 = await generateKeyPair("ES256");
  const stranger = await generateKeyPair("ES256");
  const secret = crypto.getRandomValues(new Uint8Array(32));
  const jwks = {
    keys: [
      { ...await exportJWK(es256.publicKey), kid: "current", alg: "ES256" },
      { kty: "oct", k: base64Url(secret), kid: "legacy", alg: "HS256" },
    ],
  };
  const signingKey = ({ algorithm, forged }: TokenOptions) => {
    if (algorithm === "HS256") return forged ? new Uint8Array(32) : secret;
    return forged ? stranger.privateKey : es256.privateKey;
  };

  const requests: ProjectRequest[] = [];
  const server = Deno.serve(
    { hostname: "127.0.0.1", port: 0, onListen: () => {} },
    ({ url, headers }) => {
      const { pathname: path, searchParams } = new URL(url);
      requests.push({
        path,
        apikey: headers.get("apikey"),
        authorization: headers.get("authorization"),
      });
      if (path === "/auth/v1/.well-known/jwks.json") {
        // Only what may be public.
        return Response.json({ keys: [jwks.keys[0]] });
      }
      if (project.dataApiAnswers !== null) return project.dataApiAnswers();
      const user = searchParams.get("user_id")?.replace("eq.", "") ?? "";
      const isFound = searchParams.get("role") === "eq.admin" &&
        project.admins.has(user);
      return Response.json(isFound ? [{ role: "admin" }] : []);
    },
  );

  const project: FakeProject = {
    url: `http://127.0.0.1:${server.addr.port}`,
    jwks: JSON.stringify(jwks),
    requests,
    admins: new Set(),
    dataApiAnswers: null,
    tokenOf(options = {}) {
      const { algorithm = "ES256", expiresIn = 300 } = options;
      return new SignJWT({
        role: "authenticated",
        aud: "authenticated",
        sub: options.subject ?? crypto.randomUUID(),
        ...options.claims,
      })
        .setProtectedHeader({
          alg: algorithm,
          kid: options.keyId ?? (algorithm === "ES256" ? "current" : "legacy"),
        })
        .setExpirationTime(Math.floor(Date.now() / 1000) + expiresIn)
        .sign(signingKey({ ...options, algorithm }));
    },
    [Symbol.asyncDispose]: () => server.shutdown(),
  };
  return project;
}

function base64Url(bytes: Uint8Array): string {
  return btoa(String.fromCharCode(...bytes))
    .replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");
}
