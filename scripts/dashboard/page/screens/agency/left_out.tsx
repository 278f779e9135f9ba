import type { AgencyOverview } from "../../api/data.ts";
import { Badge } from "../../ui/badge.tsx";

/** That an agency failed in the last runs, for those who see the jobs. */
export function LeftOut(
  { leftOut }: { readonly leftOut: AgencyOverview["leftOut"] },
) {
  if (leftOut === null) return null;
  return (
    <>
      {" "}
      <Badge state="left_out" />
      <bdi class="muted">{leftOut.error}</bdi>
    </>
  );
}
