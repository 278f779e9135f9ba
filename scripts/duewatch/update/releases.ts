import type { Release } from "../../schemas/releases.ts";
import { DuewatchError } from "../errors.ts";
import type { State } from "../project/state.ts";

/**
 * Finds the releases between a project and this version, oldest first.
 *
 * @throws DuewatchError when nothing leads from the one to the other.
 */
export function releasesSince(
  state: State,
  releases: readonly Release[],
  version: string,
): readonly Release[] {
  if (!state.complete || state.version === undefined) {
    throw new DuewatchError(
      "Duewatch is not installed here, or not completely. Use: npx duewatch install",
      1,
    );
  }
  if (state.version === version) return [];
  const from = releases.findIndex((release) =>
    release.version === state.version
  );
  const to = releases.findIndex((release) => release.version === version);
  if (from >= 0 && to >= 0 && to < from) {
    throw new DuewatchError(
      `${state.version} is installed here, and this is the older ${version}. Use ` +
        `duewatch@${state.version} or a later one.`,
      1,
    );
  }
  if (from < 0 || to < 0) {
    const unreleased = from < 0 ? state.version : version;
    throw new DuewatchError(
      `${unreleased} is no released version, and nothing leads from or to it. ` +
        "Take Duewatch out and install this version: npx duewatch uninstall",
      1,
    );
  }
  return releases.slice(from + 1, to + 1);
}
