import { formatFacts } from "../../stack/facts.ts";
import type { Outcome } from "../command.ts";
import { fingerprint } from "../doctor/fingerprint.ts";
import type { Target } from "../doctor/target.ts";
import type { Session } from "../session.ts";
import { refusing } from "./acceptance.ts";
import { GRACE_MINUTES, KINDS, NAMES } from "./kinds.ts";
import { readRotations, type StoredKey } from "./vault.ts";

interface ListedKey {
  readonly kind: string;
  readonly use: "current" | "next" | "former";
  readonly fingerprint: string;
  readonly ageSeconds: number;
  /** The functions that do not accept it. */
  readonly refusedBy: readonly string[];
}

const SUFFIX = { current: "", next: "_next", former: "_former" } as const;

/** Lists which keys there are, by their fingerprints. No key is shown. */
export async function listKeys(
  session: Session,
  { database, local }: Target,
  functions: readonly string[],
): Promise<Outcome> {
  const keys: ListedKey[] = [];
  const rotations = await readRotations(database);
  for (const kind of KINDS) {
    const state = rotations[kind];
    for (const use of ["current", "next", "former"] as const) {
      const key: StoredKey | null = state[use];
      if (key === null) continue;
      keys.push({
        kind,
        use,
        fingerprint: fingerprint(key.value),
        ageSeconds: Math.round(key.age),
        refusedBy: await refusing(
          database,
          kind,
          NAMES[kind].secret + SUFFIX[use],
          functions,
        ),
      });
    }
  }
  const ofStack = local !== null && !keys.some(({ kind }) => kind === "read")
    ? [
      [
        "read key",
        `${fingerprint(local.keys.readKey)}, of this stack`,
      ] as const,
    ]
    : [];
  const lines = [
    ...keys.map((key) => [`${key.kind} key`, textOf(key)] as const),
    ...ofStack,
  ];
  if (lines.length > 0) session.say(formatFacts(lines));
  const refused = keys.filter(({ use, refusedBy }) =>
    use === "current" && refusedBy.length > 0
  );
  return {
    exitCode: refused.length > 0 ? 1 : 0,
    did: lines.length === 0
      ? ["Vault holds no key of Duewatch."]
      : refused.map(({ kind, refusedBy }) =>
        `The ${kind} key in Vault is not accepted by ${refusedBy.join(", ")}.`
      ),
    next: refused.length > 0 || lines.length === 0
      ? [
        "npx duewatch keys rotate    gives functions and Vault the same new keys",
      ]
      : [],
    data: { keys },
  };
}

function textOf({ use, fingerprint: print, ageSeconds, refusedBy }: ListedKey) {
  const uses = {
    current: "in use",
    next: "made, and not in use yet: npx duewatch keys rotate goes on",
    former: ageSeconds >= GRACE_MINUTES * 60
      ? "former: npx duewatch keys rotate --finish refuses it"
      : `former, accepted for ${
        Math.ceil(GRACE_MINUTES - ageSeconds / 60)
      } minutes more`,
  };
  const refused = refusedBy.length === 0
    ? ""
    : `; not accepted by ${refusedBy.join(", ")}`;
  return `${print}, ${ageText(ageSeconds)} old, ${uses[use]}${refused}`;
}

function ageText(seconds: number): string {
  const units = [["day", 86_400], ["hour", 3_600], ["minute", 60]] as const;
  for (const [unit, length] of units) {
    const number = Math.floor(seconds / length);
    if (number > 0) return `${number} ${unit}${number === 1 ? "" : "s"}`;
  }
  return `${Math.max(0, seconds)} seconds`;
}
