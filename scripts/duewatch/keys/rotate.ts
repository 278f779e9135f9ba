import { setTimeout as delay } from "node:timers/promises";
import type { Outcome } from "../command.ts";
import { fingerprint } from "../doctor/fingerprint.ts";
import type { Target } from "../doctor/target.ts";
import { DuewatchError } from "../errors.ts";
import { literal } from "../names/tokens.ts";
import type { Session } from "../session.ts";
import { awaitAcceptance, refusing } from "./acceptance.ts";
import type { KeyHolder } from "./holder.ts";
import { GRACE_MINUTES, type Kind, NAMES } from "./kinds.ts";
import {
  dropFormer,
  makeNext,
  readRotation,
  type Rotation,
  switchKeys,
} from "./vault.ts";

/** What a rotation works with. */
export interface RotationInput {
  readonly session: Session;
  readonly target: Target;
  readonly holder: KeyHolder;
  readonly kind: Kind;
  /** The functions of Duewatch. */
  readonly functions: readonly string[];
  /** Ends the rotation that is under way, however young. */
  readonly finish: boolean;
  /** Waits until the former key need not be accepted any longer. */
  readonly wait: boolean;
}

/**
 * Gives functions and Vault a new key, without a moment in which a request is
 * refused: the functions accept both, then Vault changes, and ten minutes later
 * the former one goes. It can be run again after any interruption.
 */
export async function rotate(input: RotationInput): Promise<Outcome> {
  const { session, target: { database, local }, kind, finish } = input;
  if (local !== null && kind === "read") await adoptReadKey(input);
  const state = await readRotation(database, kind);
  const isOld = (state.former?.age ?? 0) >= GRACE_MINUTES * 60;
  if (state.former !== null && (finish || isOld)) {
    if (finish && !session.confirm(finishText(kind, state))) return dryRun();
    if (!session.dryRun) await end(input, state);
    if (finish) return finished(kind, state);
  } else if (finish) {
    return { did: [`No former ${kind} key is accepted. Nothing was changed.`] };
  } else if (state.former !== null) {
    throw new DuewatchError(
      `The former ${kind} key is accepted until ${
        untilText(state)
      }: only then ` +
        `can another take its place. To end it now: npx duewatch keys rotate ${kind} --finish`,
      1,
    );
  }
  if (!session.confirm(rotationText(input, state))) return dryRun();
  return await change(input, state);
}

async function change(
  input: RotationInput,
  { current, next }: Rotation,
): Promise<Outcome> {
  const { session, target: { database }, holder, kind, functions } = input;
  if (next === null) await makeNext(database, kind);
  const made = (await readRotation(database, kind)).next;
  if (made === null) throw new Error("Vault has not kept the new key.");
  const { secret } = NAMES[kind];
  const options = { signal: session.signal, timesInARow: holder.timesInARow };
  const others = current === null || current.value === made.value
    ? []
    : [current.value];

  session.say(`1. Both keys are accepted by ${holder.name}…`);
  await holder.accept(kind, [made.value, ...others]);
  await awaitAcceptance(
    database,
    kind,
    `${secret}_next`,
    functions,
    options,
  );
  session.say("2. The database uses the new key…");
  await switchKeys(database, kind);
  const last = await refusing(database, kind, secret, functions);
  if (last.length > 0) {
    throw new DuewatchError(
      `Vault has the new ${kind} key, and ${
        last.join(", ")
      } did not accept it ` +
        "just now. The former one is still accepted. See: npx duewatch doctor",
      1,
    );
  }

  const did = [
    `The ${kind} key is ${fingerprint(made.value)} now${
      current === null ? "" : `, and was ${fingerprint(current.value)}`
    }.`,
  ];
  if (others.length === 0) return { did };
  const state = await readRotation(database, kind);
  if (input.wait) {
    session.say(`3. The former key is accepted until ${untilText(state)}…`);
    const left = GRACE_MINUTES * 60 - (state.former?.age ?? 0);
    await delay(Math.max(0, left) * 1000, undefined, {
      signal: session.signal,
    });
    await end(input, state);
    return { did: [...did, "The former key is refused from now on."] };
  }
  return {
    did: [...did, `The former key is accepted until ${untilText(state)}.`],
    next: [
      ...kind === "read"
        ? [
          "Give the new key to what reads: npx duewatch keys show read > <file>",
        ]
        : [],
      `npx duewatch keys rotate ${kind} --finish    then: refuses the former key`,
    ],
    data: { kind, fingerprint: fingerprint(made.value) },
  };
}

/** Lets the functions refuse the former key. */
async function end(
  { target: { database }, holder, kind, functions, session }: RotationInput,
  { current }: Rotation,
): Promise<void> {
  if (current === null) {
    throw new DuewatchError(`Vault holds no ${kind} key.`, 1);
  }
  await holder.accept(kind, [current.value]);
  await awaitAcceptance(
    database,
    kind,
    NAMES[kind].secret,
    functions,
    { signal: session.signal, timesInARow: holder.timesInARow },
  );
  await dropFormer(database, kind);
}

/** A stack's read key is in its file; from the first rotation on, in Vault, too. */
async function adoptReadKey(
  { target: { database, local } }: RotationInput,
): Promise<void> {
  const { current } = await readRotation(database, "read");
  if (current !== null || local === null) return;
  await database.change(
    `select vault.create_secret(${literal(local.keys.readKey)}, ${
      literal(NAMES.read.secret)
    }, 'Duewatch: read key')`,
  );
}

function rotationText(
  { kind, holder }: RotationInput,
  { current }: Rotation,
): string {
  return [
    `A new ${kind} key:`,
    current === null
      ? `  Vault holds no ${kind} key. ${
        NAMES[kind].variable
      } of ${holder.name} is ` +
        "replaced: keys that it holds now are refused at once."
      : `  instead of ${
        fingerprint(current.value)
      }, which stays accepted for ` +
        `${GRACE_MINUTES} minutes. No run is missed.`,
  ].join("\n");
}

function finishText(kind: Kind, { former }: Rotation): string {
  return `The former ${kind} key (${
    fingerprint(former?.value ?? "")
  }) is refused from now on.`;
}

function finished(kind: Kind, { current, former }: Rotation): Outcome {
  return {
    did: [
      `The former ${kind} key (${
        fingerprint(former?.value ?? "")
      }) is refused. In use is ${fingerprint(current?.value ?? "")}.`,
    ],
  };
}

function untilText({ former }: Rotation): string {
  if (former === null) return "now";
  const until = new Date(former.since.getTime() + GRACE_MINUTES * 60_000);
  return `${until.toISOString().slice(11, 16)} UTC`;
}

function dryRun(): Outcome {
  return { did: ["Nothing was changed, because of --dry-run."] };
}
