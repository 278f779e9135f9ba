import type { Outcome } from "../command.ts";
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
      next: ["Repair the first, then: duewatch deploy"],
      data: { ...data, turnedOn: false },
    };
  }
  if (!await isPaused(database)) {
    return {
      did: [...did, "The schedule was on before, and stays on."],
      next: ["duewatch doctor"],
      data: { ...data, turnedOn: true },
    };
  }
  const preview = await previewText(database);
  if (!mayRun(session, options, preview)) {
    return {
      did: [...did, "The schedule stays off, and nothing was marked."],
      next: [
        "duewatch deploy --turn-on    runs it once and turns the schedule on",
      ],
      data: { ...data, turnedOn: false },
    };
  }
  const marked = await runOnce(session, database);
  await resume(database);
  return {
    did: [
      ...did,
      `The first run marked ${marked} installments.`,
      "The schedule is on: the job runs every day.",
    ],
    next: [
      "duewatch doctor          is all well?",
      "duewatch jobs status     and from then on",
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
      `\n${preview}\nRun it now, and turn the schedule on?`,
    );
  } catch (error) {
    if (error instanceof DuewatchError && error.exitCode === 3) return false;
    throw error;
  }
}
