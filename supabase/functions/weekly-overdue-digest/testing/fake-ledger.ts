import { z } from "zod";
import type { Json } from "../../_shared/database.types.ts";
import type { RpcAnswer, RpcName } from "../../_shared/rpc/client.ts";
import { sampleDigest } from "./samples.ts";

const claimArgs = z.strictObject({
  run_id: z.guid(),
  agency_id: z.guid(),
  lease_seconds: z.number().int(),
});
const completionArgs = z.strictObject({
  agency_id: z.guid(),
  week: z.string(),
  lease: z.guid(),
  outcome: z.enum(["sent", "refused", "not_sent", "unknown"]),
  mail_id: z.string().optional(),
});

/** What became of a claim, as the function told it. */
export type Completion = z.output<typeof completionArgs>;

/** An agency as the list of a run has it. */
export interface ListedAgency {
  readonly id: string;
  readonly name: string | null;
}

/** @returns as many agencies as that, each with an id of its own. */
export function agencies(count: number): ListedAgency[] {
  return Array.from({ length: count }, (_, index) => ({
    id: `aaaaaaaa-aaaa-4aaa-8aaa-${String(index + 1).padStart(12, "0")}`,
    name: `Agency ${index + 1}`,
  }));
}

/** The lease of every claim. */
export const LEASE = "eeeeeeee-eeee-4eee-8eee-eeeeeeeeeeee";

/** @returns what `claim_overdue_digest` answers to who may send. */
export function claimed(
  { id, name }: ListedAgency,
  contactEmail = `${id}@example.com`,
) {
  return {
    status: "claimed",
    ...sampleDigest({ agency: { id, name, contact_email: contactEmail } }),
    lease: LEASE,
    leased_until: "2026-11-23T06:00:30+00:00",
    idempotency_key: `weekly-overdue-digest/2026-W48/${id}`,
    repeated: false,
    judged_at: "2026-11-23T06:00:00+00:00",
  };
}

/** The database's side of the digest, in memory: it answers as it is told. */
export class FakeLedger {
  readonly listed: readonly ListedAgency[];
  readonly claims: string[] = [];
  readonly completions: Completion[] = [];
  /** Answers to claims in turn, by agency id; without one it may send. */
  readonly answers = new Map<string, Json[]>();

  constructor(listed: readonly ListedAgency[]) {
    this.listed = listed;
  }

  /** To be asked for what is not about runs. */
  readonly answer = (name: RpcName, args: unknown): RpcAnswer => {
    switch (name) {
      case "list_overdue_digests":
        return ok({
          week: "2026-W48",
          judged_at: "2026-11-23T06:00:00+00:00",
          agencies: this.listed.map((agency) => ({ ...agency })),
          agencies_without_address: 2,
          agencies_already_mailed: 1,
        });
      case "claim_overdue_digest":
        return ok(this.#claim(claimArgs.parse(args)));
      case "complete_overdue_digest":
        this.completions.push(completionArgs.parse(args));
        return ok({ state: "sent", sent_at: null, mail_id: null });
      default:
        throw new Error(`The digest does not call ${name}.`);
    }
  };

  #claim({ agency_id }: z.output<typeof claimArgs>): Json {
    this.claims.push(agency_id);
    const told = this.answers.get(agency_id)?.shift();
    if (told !== undefined) return told;
    const agency = this.listed.find(({ id }) => id === agency_id);
    return claimed(agency ?? { id: agency_id, name: null });
  }
}

function ok(data: Json): RpcAnswer {
  return { status: 200, data, error: null };
}
