import { useEffect, useRef, useState } from "preact/hooks";
import { type Action, control, type ControlRequest } from "../api/client.ts";
import { type Asked, asking } from "../state/asking.ts";
import { refresh } from "../state/query.ts";
import { Icon } from "../ui/icon.tsx";
import { describe } from "./describe.ts";
import { Done } from "./done.tsx";
import { Until } from "./until_field.tsx";

type Stage =
  | { readonly kind: "asking"; readonly error?: string }
  | { readonly kind: "sending" }
  | { readonly kind: "done"; readonly action: Action };

/** Asks before an action is taken, and shows its row afterwards. */
export function ActionDialog() {
  const asked = asking.value;
  const dialog = useRef<HTMLDialogElement>(null);
  useEffect(() => {
    if (asked !== null) dialog.current?.showModal();
    else dialog.current?.close();
  }, [asked]);
  return (
    <dialog
      ref={dialog}
      class="dialog"
      aria-labelledby="dialog-title"
      onClose={() => asking.value = null}
    >
      {asked !== null && <Ask key={JSON.stringify(asked)} asked={asked} />}
    </dialog>
  );
}

function Ask({ asked }: { readonly asked: Asked }) {
  const what = describe(asked);
  const [stage, setStage] = useState<Stage>({ kind: "asking" });
  const [reason, setReason] = useState("");
  const [until, setUntil] = useState<string | null>(null);
  const close = () => asking.value = null;

  const send = async (event: Event) => {
    event.preventDefault();
    setStage({ kind: "sending" });
    try {
      const action = await control(requestOf(asked, reason.trim(), until));
      setStage({ kind: "done", action });
      void refresh();
    } catch (error) {
      setStage({
        kind: "asking",
        error: error instanceof Error ? error.message : String(error),
      });
    }
  };

  if (stage.kind === "done") {
    return <Done action={stage.action} close={close} />;
  }
  const isSending = stage.kind === "sending";
  return (
    <form onSubmit={(event) => void send(event)}>
      <h2 id="dialog-title">{what.title}</h2>
      <p>{what.effect}</p>
      {what.until !== "none" && (
        <Until isRequired={what.until === "required"} onChange={setUntil} />
      )}
      <label class="field">
        <span>
          Reason{what.reason === "optional" && (
            <span class="muted">(optional)</span>
          )}
        </span>
        <textarea
          rows={2}
          maxLength={500}
          required={what.reason === "required"}
          value={reason}
          onInput={({ currentTarget }) => setReason(currentTarget.value)}
          placeholder="Others read it later: why?"
        />
      </label>
      {stage.kind === "asking" && stage.error !== undefined && (
        <p class="notice tone-bad" role="alert">
          <Icon name="failed" /> {stage.error}
        </p>
      )}
      <div class="buttons">
        <button type="button" class="ghost" onClick={close}>Leave it</button>
        <button
          type="submit"
          class={what.danger ? "danger" : "primary"}
          disabled={isSending || what.until === "required" && until === null}
        >
          <Icon name={isSending ? "running" : what.icon} />
          {isSending ? "Waiting for the answer…" : what.button}
        </button>
      </div>
    </form>
  );
}

function requestOf(
  asked: Asked,
  reason: string,
  until: string | null,
): ControlRequest {
  const why = reason === "" ? {} : { reason };
  switch (asked.action) {
    case "run":
    case "resume":
    case "unsnooze":
      return { action: asked.action, jobName: asked.jobName, ...why };
    case "pause":
      return {
        action: "pause",
        jobName: asked.jobName,
        reason,
        ...until !== null && { until },
      };
    case "snooze":
      return {
        action: "snooze",
        jobName: asked.jobName,
        reason,
        until: until ?? "",
      };
    case "cancel":
      return { action: "cancel", runId: asked.runId, reason };
    case "restore_schedule":
      return {
        action: "restore_schedule",
        ...asked.jobName !== undefined && { jobName: asked.jobName },
        ...why,
      };
    case "test_alert":
      return { action: "test_alert", ...why };
    case "retry_alerts":
      return {
        action: "retry_alerts",
        ...asked.channel !== undefined && { channel: asked.channel },
        ...why,
      };
  }
}
