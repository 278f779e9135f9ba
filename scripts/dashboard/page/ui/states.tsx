import type { QueryObserverResult } from "@tanstack/query-core";
import type { ComponentChildren, JSX } from "preact";
import { startWith } from "../../page_config.ts";
import { config } from "../api/config.ts";
import { Failure } from "../api/failure.ts";
import { refresh } from "../state/query.ts";
import { Icon } from "./icon.tsx";
import { Command } from "./text.tsx";
import { Ago } from "./time.tsx";

/** What a screen shows, in each state of reading it. */
export function Loaded<Answer>(
  { result, what, children }: {
    readonly result: QueryObserverResult<Answer, Error>;
    /** What is read, as in "Reading the runs". */
    readonly what: string;
    readonly children: (answer: Answer) => ComponentChildren;
  },
): JSX.Element {
  const { data, error } = result;
  if (data === undefined) {
    return error === null ? <Loading what={what} /> : <Problem error={error} />;
  }
  return (
    <>
      {error !== null && (
        <Stale
          error={error}
          since={new Date(result.dataUpdatedAt).toISOString()}
        />
      )}
      <div class={error === null ? "" : "stale"}>{children(data)}</div>
    </>
  );
}

function Loading({ what }: { readonly what: string }) {
  return (
    <div class="loading" role="status">
      <p class="muted">Reading {what}…</p>
      {[0, 1, 2, 3].map((line) => <div key={line} class="skeleton" />)}
    </div>
  );
}

/** A list without entries, with what that means. */
export function Empty(
  { title, children }: {
    readonly title: string;
    readonly children?: ComponentChildren;
  },
) {
  return (
    <div class="empty">
      <p>
        <strong>{title}</strong>
      </p>
      {children && <p class="muted">{children}</p>}
    </div>
  );
}

/** What was read before, and that it could not be read again. */
function Stale(
  { error, since }: { readonly error: Error; readonly since: string },
) {
  return (
    <div class="notice tone-warning" role="alert">
      <Icon name="warning" />
      <div>
        <p>
          <strong>
            This is as of <Ago at={since} />.
          </strong>{" "}
          {error.message} The page asks again by itself.
        </p>
        <Remedy error={error} />
      </div>
    </div>
  );
}

/** Why nothing can be shown, and what to do. */
export function Problem({ error }: { readonly error: Error }) {
  return (
    <section class="problem-page" role="alert">
      <h1>
        <Icon name="failed" /> {titleOf(error)}
      </h1>
      <p>{error.message}</p>
      <Remedy error={error} />
      <button type="button" onClick={() => void refresh()}>
        <Icon name="refresh" /> Try again
      </button>
    </section>
  );
}

function titleOf(error: Error): string {
  if (!(error instanceof Failure)) return "Something went wrong in this page";
  switch (error.kind) {
    case "unreachable":
      return "The functions do not answer";
    case "signed_out":
      return config.mode === "process"
        ? "This browser has not been let in"
        : "You are not signed in";
    case "key_refused":
      return "The functions refuse the key";
    case "forbidden":
      return "You may not see this";
    case "not_found":
      return "There is no such thing";
    case "refused":
      return "The functions answered with an error";
  }
}

function Remedy({ error }: { readonly error: Error }) {
  if (!(error instanceof Failure)) {
    return (
      <p class="muted">
        Load the page again. If it comes back, report it with the text above.
      </p>
    );
  }
  const { kind } = error;
  if (kind === "signed_out" && config.mode === "process") {
    return (
      <p>
        Open the link that <code>{config.command}</code>{" "}
        printed. Each link works once. To get another, press Enter in that
        terminal.
      </p>
    );
  }
  if (kind === "key_refused" && config.mode === "process") {
    return (
      <>
        <p>
          The key that this process sends is not among the function's job keys.
          Start it again with the right one:
        </p>
        <Command
          text={config.local
            ? `npm start\n${config.command}`
            : `read -rs DUEWATCH_KEY && export DUEWATCH_KEY\n${
              startWith(config.command, `--url ${config.project}`)
            }`}
        />
      </>
    );
  }
  if (kind !== "unreachable") return null;
  return (
    <>
      <p>
        {config.local
          ? "See what runs, and start what does not:"
          : "See whether the functions are deployed and the project is running:"}
      </p>
      <Command
        text={config.local
          ? "npm run status\nnpm start"
          : "npx supabase functions list\nnpx supabase functions deploy check-job-health job-logs job-control"}
      />
    </>
  );
}
