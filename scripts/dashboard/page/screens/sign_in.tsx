import { useState } from "preact/hooks";
import { config } from "../api/config.ts";
import { signIn } from "../api/session.ts";
import { Icon } from "../ui/icon.tsx";

/** Asks who wants to see the page. */
export function SignIn({ message }: { readonly message: string | undefined }) {
  const [email, setEmail] = useState("");
  const [password, setPassword] = useState("");
  const [problem, setProblem] = useState(message ?? null);
  const [isSending, setSending] = useState(false);
  const send = async (event: Event) => {
    event.preventDefault();
    setSending(true);
    setProblem(await signIn(email.trim(), password));
    setSending(false);
  };
  return (
    <main class="sign-in">
      <form class="card" onSubmit={(event) => void send(event)}>
        <h1>
          <span class="mark" aria-hidden="true" />Duewatch
        </h1>
        <p class="muted">Sign in to {new URL(config.project).host}.</p>
        <label class="field">
          <span>Email address</span>
          <input
            type="email"
            autocomplete="username"
            required
            value={email}
            onInput={({ currentTarget }) => setEmail(currentTarget.value)}
          />
        </label>
        <label class="field">
          <span>Password</span>
          <input
            type="password"
            autocomplete="current-password"
            required
            value={password}
            onInput={({ currentTarget }) => setPassword(currentTarget.value)}
          />
        </label>
        {problem !== null && (
          <p class="notice tone-bad" role="alert">
            <Icon name="failed" /> {problem}
          </p>
        )}
        <div class="buttons">
          <button type="submit" class="primary" disabled={isSending}>
            {isSending ? "Signing in…" : "Sign in"}
          </button>
        </div>
      </form>
    </main>
  );
}
