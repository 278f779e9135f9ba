import type { Outcome } from "../command.ts";
import { count } from "../count.ts";
import { examine } from "../doctor/examine.ts";
import { faultsText, inOrder } from "../doctor/fault.ts";
import { DuewatchError } from "../errors.ts";
import type { Session } from "../session.ts";
import type { Deployment, DeployOptions } from "./deployment.ts";
import { isPaused, previewText, resume, runOnce } from "./turn_on.ts";

/** Checks all of it, shows what the first run marks, runs it if that is wanted. */
export async function turnOn(
  deployment: Deployment,
  did: readonly string[],
): Promise<Outcome> {
  const { session, database, project, options, destination } = deployment;
  const target = options.projectRef === undefined
    ? "--linked"
    : `--project-ref ${options.projectRef}`;
  const data = { projectRef: destination.hosted.ref };
  const { faults } = await examine(session, {
    database,
    ref: destination.hosted.ref,
    local: null,
    project,
  });
  const failures = inOrder(faults)
    .filter(({ severity }) => severity === "failure");
  if (failures.length > 0) {
    session.say(faultsText(failures));
    return {
      exitCode: 1,
      did: [...did, "Something is wrong, so the schedule stays as it is."],
      next: ["Repair the first, then run the same command again."],
      data: { ...data, turnedOn: false },
    };
  }
  if (!await isPaused(database)) {
    return {
      did: [...did, "The schedule was on before, and stays on."],
      next: [`npx duewatch doctor ${target}`],
      data: { ...data, turnedOn: true },
    };
  }
  const preview = await previewText(database);
  if (!mayRun(session, options, preview)) {
    return {
      did: [...did, "The schedule stays off, and nothing was marked."],
      next: [
        "npx duewatch deploy --turn-on    runs it once and turns the schedule on",
      ],
      data: { ...data, turnedOn: false },
    };
  }
  const marked = await runOnce(session, database);
  const nextRun = await resume(session, database);
  return {
    did: [
      ...did,
      `The first run marked ${count(marked, "installment")}.`,
      `The schedule is on: ${nextRun}.`,
    ],
    next: [
      `npx duewatch doctor ${target}    is all well?`,
      "Set up alerts, until then failures reach nobody: docs/how-to/set-up-alerts.md",
    ],
    data: { ...data, turnedOn: true, marked },
  };
}

/** A person has to agree to what is marked; --yes alone does not. */
function mayRun(
  session: Session,
  { turnOn, yes }: DeployOptions,
  preview: string,
): boolean {
  if (turnOn || yes) {
    session.say(preview);
    return turnOn ?? false;
  }
  try {
    return session.confirm(
      `\n${preview}`,
      "Run it now, and turn the schedule on?",
    );
  } catch (error) {
    if (error instanceof DuewatchError && error.exitCode === 3) return false;
    throw error;
  }
}
