import type { Json } from "../../_shared/database.types.ts";
import type { RpcAnswer, RpcArgs, RpcName } from "../../_shared/rpc/client.ts";
import { sampleDigest } from "./samples.ts";

/** The end of a claim, as the function reported it. */
export type Completion = RpcArgs<"complete_overdue_digest">;

/** What `claim_overdue_digest` answers when the mail may not be sent. */
export const REFUSED_CLAIMS = {
  already_sent: {
    status: "already_sent",
    sent_at: "2026-11-23T06:00:12.3+00:00",
    mail_id: "mail-1",
    by_this_run: true,
  },
  in_progress: {
    status: "in_progress",
    leased_until: "2026-11-23T06:00:30+00:00",
    retry_after_seconds: 17,
  },
  unknown_end: {
    status: "unknown_end",
    first_claimed_at: "2026-11-23T06:00:12.3+00:00",
  },
  not_yet: { status: "not_yet" },
  nothing_overdue: { status: "nothing_overdue" },
  no_address: { status: "no_address" },
  no_time_zone: { status: "no_time_zone" },
} as const satisfies Readonly<Record<string, Json>>;

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

/** @returns what `claim_overdue_digest` answers when the mail may be sent. */
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

const STATES: Readonly<Record<string, string>> = {
  sent: "sent",
  refused: "not_sent",
  not_sent: "not_sent",
  unknown: "claimed",
};

/**
 * The database's side of the digest, in memory: it gives the answers that it is
 * given. `ledger-scenarios.ts` compares them with those of the database.
 */
export class FakeLedger {
  readonly listed: readonly ListedAgency[];
  readonly claims: string[] = [];
  readonly completions: Completion[] = [];
  /** Answers to claims in turn, by agency id; without one it may send. */
  readonly answers = new Map<string, Json[]>();

  constructor(listed: readonly ListedAgency[]) {
    this.listed = listed;
  }

  /** Answers the calls that are not about runs. */
  readonly answer = (name: RpcName, args: unknown): RpcAnswer => {
    switch (name) {
      case "list_overdue_digests":
        return ok({
          week: "2026-W48",
          judged_at: "2026-11-23T06:00:00+00:00",
          agencies: this.listed.map((agency) => ({ ...agency })),
          agencies_without_address: 2,
          agencies_already_mailed: 1,
          agencies_of_the_week: this.listed.length + 1,
        });
      case "claim_overdue_digest":
        return ok(this.#claim(args as RpcArgs<"claim_overdue_digest">));
      case "complete_overdue_digest":
        return ok(this.#complete(args as Completion));
      default:
        throw new Error(`The digest does not call ${name}.`);
    }
  };

  #claim({ agency_id }: RpcArgs<"claim_overdue_digest">): Json {
    this.claims.push(agency_id);
    const prepared = this.answers.get(agency_id)?.shift();
    if (prepared !== undefined) return prepared;
    const agency = this.listed.find(({ id }) => id === agency_id);
    return claimed(agency ?? { id: agency_id, name: null });
  }

  #complete(completion: Completion): Json {
    this.completions.push(completion);
    const isSent = completion.outcome === "sent";
    return {
      state: STATES[completion.outcome],
      sent_at: isSent ? "2026-11-23T06:00:12.3+00:00" : null,
      mail_id: completion.mail_id ?? null,
    };
  }
}

function ok(data: Json): RpcAnswer {
  return { status: 200, data, error: null };
}
