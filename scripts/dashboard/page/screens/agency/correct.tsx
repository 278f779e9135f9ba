import { useState } from "preact/hooks";
import { type Correction, correctOverdue } from "../../api/data.ts";
import { count, inWords } from "../../format/text.ts";
import { refresh } from "../../state/query.ts";
import { href } from "../../state/route.ts";
import { Icon } from "../../ui/icon.tsx";
import { Name } from "../../ui/text.tsx";

type Target = { readonly agencyId: string } | { readonly runId: string };

type Stage =
  | { readonly kind: "idle" }
  | { readonly kind: "busy" }
  | { readonly kind: "shown"; readonly correction: Correction }
  | { readonly kind: "failed"; readonly message: string };

/** Shows what would be corrected, asks, and corrects it. */
export function Correct({ target }: { readonly target: Target }) {
  const [stage, setStage] = useState<Stage>({ kind: "idle" });
  const ask = async (dryRun: boolean) => {
    setStage({ kind: "busy" });
    try {
      const correction = await correctOverdue({ ...target, dryRun });
      setStage({ kind: "shown", correction });
      if (!dryRun) void refresh();
    } catch (error) {
      const message = error instanceof Error ? error.message : String(error);
      setStage({ kind: "failed", message });
    }
  };
  return (
    <div class="correct">
      {stage.kind !== "shown" && (
        <button
          type="button"
          disabled={stage.kind === "busy"}
          onClick={() => void ask(true)}
        >
          <Icon name={stage.kind === "busy" ? "running" : "search"} />
          See what would be corrected
        </button>
      )}
      {stage.kind === "failed" && (
        <p class="notice tone-bad" role="alert">
          <Icon name="failed" /> {stage.message}
        </p>
      )}
      {stage.kind === "shown" && (
        <Shown
          correction={stage.correction}
          onCorrect={() => void ask(false)}
          onLeave={() => setStage({ kind: "idle" })}
        />
      )}
    </div>
  );
}

function Shown(
  { correction, onCorrect, onLeave }: {
    readonly correction: Correction;
    readonly onCorrect: () => void;
    readonly onLeave: () => void;
  },
) {
  const { dryRun, corrected, remaining, byAgency, runId } = correction;
  const nothing = corrected === 0;
  return (
    <div
      class={`notice tone-${dryRun && !nothing ? "warning" : "good"}`}
      role="status"
    >
      <Icon name={dryRun && !nothing ? "warning" : "ok"} />
      <div class="grow">
        <p>
          <strong>
            {nothing
              ? "Nothing was marked wrongly."
              : `${count(corrected, "installment")} ${
                dryRun ? "would be" : corrected === 1 ? "was" : "were"
              } set back to pending.`}
          </strong>
          {remaining > 0 &&
            ` ${
              count(remaining, "more is", "more are")
            } left for another call.`}
        </p>
        <ul>
          {byAgency.map(({ agencyId, name, corrected, reasons }) => (
            <li key={agencyId}>
              <Name>{name}</Name>: {count(corrected, "installment")}
              {Object.entries(reasons ?? {}).map(([reason, times]) =>
                `, ${inWords(reason)}: ${times}`
              )}
            </li>
          ))}
        </ul>
        <div class="buttons">
          {dryRun && !nothing && (
            <button type="button" class="primary" onClick={onCorrect}>
              <Icon name="again" /> Set {count(corrected, "installment")}{" "}
              back to pending
            </button>
          )}
          {runId !== null && !dryRun && (
            <a class="button" href={href(["runs", runId])}>Open the run</a>
          )}
          <button type="button" class="ghost" onClick={onLeave}>
            {dryRun && !nothing ? "Leave it" : "Close"}
          </button>
        </div>
      </div>
    </div>
  );
}
