import type { Run } from "../../api/client.ts";
import { number } from "../../format/text.ts";
import { Name } from "../../ui/text.tsx";

interface FailedItem {
  readonly id?: string | null;
  readonly name?: string | null;
  readonly error?: string | null;
}

/** The items that failed in a run, with what each says. */
export function FailedItems(
  { run: { errors, itemsFailed } }: { readonly run: Run },
) {
  if (itemsFailed === 0) return null;
  return (
    <section aria-labelledby="failed-items">
      <h2 id="failed-items">Failed items ({number(itemsFailed)})</h2>
      <div
        class="table-wrap"
        tabIndex={0}
        role="region"
        aria-labelledby="failed-items"
      >
        <table>
          <thead>
            <tr>
              <th scope="col">Item</th>
              <th scope="col">Error</th>
            </tr>
          </thead>
          <tbody>
            {errors.map((each, index) => {
              const { id, name, error } = asItem(each);
              return (
                <tr key={index}>
                  <th scope="row">
                    <Name>{name ?? id ?? "unnamed"}</Name>
                    {name && id && <code class="muted">{id}</code>}
                  </th>
                  <td class="wide">
                    <bdi>{error ?? "no error text"}</bdi>
                  </td>
                </tr>
              );
            })}
          </tbody>
        </table>
      </div>
      {errors.length < itemsFailed && (
        <p class="muted">The first {number(errors.length)} are listed.</p>
      )}
    </section>
  );
}

function asItem(each: unknown): FailedItem {
  return typeof each === "object" && each !== null
    ? each
    : { error: JSON.stringify(each) };
}
