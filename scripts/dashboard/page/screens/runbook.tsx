import { useEffect, useRef } from "preact/hooks";
import { runbooks } from "../api/runbooks.ts";
import { trusted } from "../api/trusted.ts";
import { href, route } from "../state/route.ts";
import { Empty } from "../ui/states.tsx";

/** A page of docs/runbooks, or the list of them. */
export function Runbook({ name }: { readonly name: string | undefined }) {
  const section = route.value.query.get("section");
  const article = useRef<HTMLElement>(null);
  useEffect(() => {
    if (section === null) return;
    const heading = [...article.current?.querySelectorAll("[id]") ?? []]
      .find(({ id }) => id === section);
    heading?.scrollIntoView();
  }, [name, section]);

  const page = runbooks[name ?? "README"];
  if (page === undefined) {
    return (
      <Empty title="There is no such runbook.">
        <a href={href(["runbooks"])}>All runbooks</a>
      </Empty>
    );
  }
  return (
    <>
      {name !== undefined && name !== "README" && (
        <p class="crumbs">
          <a href={href(["runbooks"])}>Runbooks</a>
        </p>
      )}
      <article
        ref={article}
        class="prose"
        // Made from docs/runbooks when the page was built: nothing of it comes
        // from a request.
        dangerouslySetInnerHTML={{ __html: trusted(page.html) }}
      />
    </>
  );
}
