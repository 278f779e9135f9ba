import { session } from "../../api/session.ts";
import { Badge } from "../../ui/badge.tsx";
import { useHealth } from "../today.tsx";

/** That an agency failed in the last runs, for those who see the jobs. */
export function LeftOut({ agencyId }: { readonly agencyId: string }) {
  const { value } = session;
  return value.kind === "in" && value.access.operator
    ? <Failing agencyId={agencyId} />
    : null;
}

function Failing({ agencyId }: { readonly agencyId: string }) {
  const { data } = useHealth();
  const failing = data?.jobs
    .flatMap(({ failingItems }) => failingItems)
    .find(({ id }) => id === agencyId);
  if (failing === undefined) return null;
  return (
    <>
      {" "}
      <Badge state="left_out" />
      <bdi class="muted">{failing.error}</bdi>
    </>
  );
}
