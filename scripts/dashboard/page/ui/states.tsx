import type { QueryObserverResult } from "@tanstack/query-core";
import type { ComponentChildren, JSX } from "preact";
import { refresh } from "../state/query.ts";
import { Icon } from "./icon.tsx";
import { Remedy, titleOf } from "./remedy.tsx";
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
