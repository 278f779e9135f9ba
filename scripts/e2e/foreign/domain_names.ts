/** What the test tables of a project are called. */
export interface DomainNames {
  readonly agencies: string;
  readonly plans: string;
  readonly installments: string;
  readonly agencyId: string;
  readonly timezone: string;
  readonly planAgency: string;
  readonly planStatus: string;
  readonly installmentPlan: string;
  readonly due: string;
  readonly status: string;
  /** Words for a status, by ours. */
  readonly words: Readonly<Record<string, string>>;
}
