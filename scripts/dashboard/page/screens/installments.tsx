import { useState } from "preact/hooks";
import { findInstallments, type FoundInstallment } from "../api/data.ts";
import { money } from "../format/money.ts";
import { useQuestion } from "../state/query.ts";
import { go, href, route } from "../state/route.ts";
import { InstallmentStatus } from "../ui/badge.tsx";
import { Icon } from "../ui/icon.tsx";
import { Empty, Loaded } from "../ui/states.tsx";
import { Name } from "../ui/text.tsx";

const EVERY_MS = 60_000;

/** A search for installments, by id or by student. */
export function Installments() {
  const search = route.value.query.get("search") ?? "";
  return (
    <>
      <h1>Installments</h1>
      <Search key={search} value={search} />
      {search === ""
        ? (
          <Empty title="Search for a student or an installment.">
            A part of the student's name is enough; of an id, all of it.
          </Empty>
        )
        : <Found search={search} />}
    </>
  );
}

function Search({ value }: { readonly value: string }) {
  const [text, setText] = useState(value);
  return (
    <form
      class="filters"
      role="search"
      onSubmit={(event) => {
        event.preventDefault();
        go(["installments"], { search: text.trim() });
      }}
    >
      <label class="field">
        <span>Student or id</span>
        <input
          type="search"
          minLength={2}
          required
          value={text}
          onInput={({ currentTarget }) => setText(currentTarget.value)}
        />
      </label>
      <button type="submit">
        <Icon name="search" /> Search
      </button>
    </form>
  );
}

function Found({ search }: { readonly search: string }) {
  const result = useQuestion({
    key: ["installments", search],
    read: (signal) => findInstallments(search, signal),
    every: EVERY_MS,
  });
  return (
    <Loaded result={result} what="the installments">
      {(findings) => (
        <>
          {!findings.byStudent && (
            <p class="notice tone-quiet" role="status">
              <Icon name="alert" />
              <span>
                The plans of this project have no column{" "}
                <code>student_name</code>, so only the id of an installment
                finds it.
              </span>
            </p>
          )}
          {findings.installments.length === 0
            ? <Empty title="None is found, or you may not see it." />
            : <List found={findings.installments} />}
          {!findings.complete && (
            <p class="muted" role="status">
              More match than are listed. Type more of the name.
            </p>
          )}
        </>
      )}
    </Loaded>
  );
}

function List({ found }: { readonly found: readonly FoundInstallment[] }) {
  return (
    <div
      class="table-wrap"
      tabIndex={0}
      role="region"
      aria-label="Installments"
    >
      <table class="stacked">
        <thead>
          <tr>
            <th scope="col">Student</th>
            <th scope="col">Agency</th>
            <th scope="col" class="number">Amount</th>
            <th scope="col">Due date</th>
            <th scope="col">Status</th>
          </tr>
        </thead>
        <tbody>
          {found.map((each) => (
            <tr key={each.installmentId}>
              <th scope="row">
                <a href={href(["installments", each.installmentId])}>
                  <Name>{each.studentName ?? each.installmentId}</Name>
                </a>
                {each.courseName && <bdi class="muted">{each.courseName}</bdi>}
              </th>
              <td data-label="Agency">
                <Name>{each.agencyName}</Name>
              </td>
              <td class="number" data-label="Amount">
                {money(each.amount, each.currency)}
              </td>
              <td data-label="Due date">{each.dueDate}</td>
              <td data-label="Status">
                <InstallmentStatus status={each.status} />
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}
