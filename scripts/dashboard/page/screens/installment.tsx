import {
  type InstallmentReport,
  readInstallment,
  type StatusChange,
} from "../api/data.ts";
import { session } from "../api/session.ts";
import { money } from "../format/money.ts";
import { inWords } from "../format/text.ts";
import { useQuestion } from "../state/query.ts";
import { href } from "../state/route.ts";
import { Badge, InstallmentStatus } from "../ui/badge.tsx";
import { Icon } from "../ui/icon.tsx";
import { Empty, Loaded } from "../ui/states.tsx";
import { Copy, Fact, Name } from "../ui/text.tsx";
import { Ago, At, BothTimes } from "../ui/time.tsx";

const EVERY_MS = 60_000;

/** One installment: why it is as it is, and what Duewatch has done to it. */
export function Installment({ id }: { readonly id: string }) {
  const result = useQuestion({
    key: ["installment", id],
    read: (signal) => readInstallment(id, signal),
    every: EVERY_MS,
  });
  return (
    <>
      <p class="crumbs">
        <a href={href(["installments"])}>Installments</a>
      </p>
      <Loaded result={result} what="the installment">
        {(report) =>
          report === null
            ? (
              <Empty title="There is no such installment, or you may not see it." />
            )
            : <Report report={report} />}
      </Loaded>
    </>
  );
}

function Report(
  { report: { installment, explanation, history } }: {
    readonly report: InstallmentReport;
  },
) {
  const { agency, overdueAt } = explanation;
  return (
    <>
      <h1>
        <Name>{installment.studentName ?? "An installment"}</Name>
      </h1>
      <p class="verdict-of">
        <Badge state={explanation.verdict} /> <bdi>{explanation.sentence}</bdi>
        {" "}
        <Copy text={explanation.sentence} label="Copy the sentence" />
      </p>
      <dl class="facts card">
        <Fact name="Amount">
          {money(installment.amount, installment.currency)}
        </Fact>
        <Fact name="Status">
          <InstallmentStatus status={explanation.status} />
        </Fact>
        <Fact name="Plan">{explanation.planStatus}</Fact>
        <Fact name="Due date">{explanation.dueDate}</Fact>
        <Fact name="Overdue from">
          {overdueAt
            ? (
              <>
                <Ago at={overdueAt} /> <BothTimes at={overdueAt} />
              </>
            )
            : "never"}
        </Fact>
        <Fact name="Agency">
          <a href={href(["agencies", installment.agencyId])}>
            <Name>{agency.name}</Name>
          </a>
        </Fact>
        <Fact name="Cut-off there">
          {agency.cutoffTime.slice(0, 5)}, {agency.timezone ?? "no valid zone"}
        </Fact>
      </dl>
      <section aria-labelledby="history">
        <h2 id="history">History</h2>
        {history.length === 0
          ? <Empty title="Duewatch has not changed its status." />
          : (
            <ol class="timeline">
              {history.map((change) => (
                <Change
                  key={change.changedAt + change.toStatus}
                  change={change}
                />
              ))}
            </ol>
          )}
      </section>
    </>
  );
}

function Change({ change }: { readonly change: StatusChange }) {
  const { value } = session;
  const seesRuns = value.kind === "in" && value.access.operator;
  const isMark = change.toStatus === "overdue";
  return (
    <li class={isMark ? "tone-bad" : "tone-good"}>
      <Icon name={isMark ? "alert" : "again"} />
      <div>
        <p>
          <strong>{change.fromStatus} → {change.toStatus}</strong>{" "}
          <span class="muted">
            <At at={change.changedAt} seconds />
          </span>
        </p>
        <p>
          {inWords(change.reason)}: judged at{" "}
          {change.localTime.replace("T", " ").slice(0, 19)} in{" "}
          {change.timezone}, cut-off{" "}
          {change.cutoffTime.slice(0, 5)}, counted as due on{" "}
          {change.effectiveDueDate}.{" "}
          {seesRuns && <a href={href(["runs", change.runId])}>The run</a>}
        </p>
      </div>
    </li>
  );
}
