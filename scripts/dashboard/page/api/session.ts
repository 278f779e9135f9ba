import { AuthClient } from "@supabase/auth-js";
import { signal } from "@preact/signals";
import { config } from "./config.ts";
import { Failure, failureOf } from "./failure.ts";

/** What a signed-in person may see. */
export interface Access {
  /** The email address of the person; null for a process with a key. */
  readonly name: string | null;
  /** Whether they see the jobs and may act on them. */
  readonly operator: boolean;
  /** Whether they see agencies and installments, as far as the database lets them. */
  readonly data: boolean;
}

export type Session =
  | { readonly kind: "starting" }
  | { readonly kind: "out"; readonly message?: string }
  | { readonly kind: "in"; readonly access: Access };

/** Who looks at the page. */
export const session = signal<Session>(
  config.mode === "process"
    ? {
      kind: "in",
      access: { name: null, operator: true, data: config.data },
    }
    : { kind: "starting" },
);

const auth = config.mode === "sign-in"
  ? new AuthClient({
    url: `${config.project}/auth/v1`,
    headers: { apikey: config.publishableKey },
    storageKey: "duewatch-session",
    detectSessionInUrl: false,
    autoRefreshToken: true,
    persistSession: true,
  })
  : null;

const ENDED = "Your session has ended. Sign in again.";

/** @returns the token of the person who is signed in. */
export async function accessToken(): Promise<string> {
  const token = (await auth?.getSession())?.data.session?.access_token;
  if (token === undefined) {
    session.value = { kind: "out", message: ENDED };
    throw new Failure("signed_out", "You are not signed in.");
  }
  return token;
}

/** Takes up the session that the browser has kept. */
export async function resume(): Promise<void> {
  if (auth === null) return;
  const { data } = await auth.getSession();
  if (data.session === null) session.value = { kind: "out" };
  else await enter();
}

/**
 * Signs a person in.
 *
 * @returns a sentence that says why not; null when it has worked.
 */
export async function signIn(
  email: string,
  password: string,
): Promise<string | null> {
  if (auth === null) return null;
  const { error } = await auth.signInWithPassword({ email, password });
  if (error !== null) {
    return reasonOf(error);
  }
  await enter();
  return null;
}

function reasonOf(
  { status, code, message }: {
    readonly status?: number;
    readonly code?: string;
    readonly message: string;
  },
): string {
  if (code === "invalid_credentials") {
    return "The email address or the password is not right.";
  }
  if (status === 429) {
    return "Too many attempts. Wait a minute, and try again.";
  }
  if (status === 401) {
    return "The project refuses the publishable key in this page. Build the " +
      `page again: npm run dashboard -- build --url ${config.project} ` +
      "--publishable-key <key>";
  }
  return status === undefined || status === 0 || status >= 500
    ? "The sign-in does not answer. Check that the project is running."
    : `The sign-in was refused: ${message}`;
}

/** Signs the person out and forgets what was shown. */
export async function signOut(message?: string): Promise<void> {
  await auth?.signOut({ scope: "local" });
  session.value = { kind: "out", message };
}

interface Membership {
  readonly role: string;
  readonly agency_id: string | null;
}

// The page only decides what to offer. What is in an answer, the database does.
async function enter(): Promise<void> {
  if (auth === null || config.mode !== "sign-in") return;
  const { data } = await auth.getSession();
  if (data.session === null) return void (session.value = { kind: "out" });
  const { user, access_token: token } = data.session;
  try {
    const response = await fetch(
      `${config.project}/rest/v1/user_roles?select=role,agency_id&user_id=eq.${user.id}`,
      {
        headers: {
          apikey: config.publishableKey,
          Authorization: `Bearer ${token}`,
        },
        cache: "no-store",
      },
    );
    if (!response.ok) throw await failureOf(response);
    const roles: Membership[] = await response.json();
    const operator = roles.some(({ role }) => role === "admin");
    const data = operator || roles.some(({ agency_id }) => agency_id !== null);
    session.value = {
      kind: "in",
      access: { name: user.email ?? user.id, operator, data },
    };
  } catch (error) {
    const refused = error instanceof Failure && error.kind === "signed_out";
    if (refused) await signOut(ENDED);
    else {
      session.value = {
        kind: "out",
        message: "The database does not answer. Try again in a minute.",
      };
    }
  }
}
