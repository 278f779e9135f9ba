import { z } from "zod";

const count = z.number().int();

const installment = z.object({
  id: z.guid(),
  student_name: z.string().nullable(),
  course_name: z.string().nullable(),
  /** A decimal number, exact. */
  amount: z.string(),
  currency: z.string().nullable(),
  /** `2026-11-20`, as all dates here; null where it is no date. */
  due_date: z.string().nullable(),
  /** On the agency's calendar; 0 for one that is due today, or later. */
  days_overdue: count.nullable(),
});

const total = z.object({
  currency: z.string().nullable(),
  installments: count,
  amount: z.string(),
});

/** What an agency's mail lists: all that is overdue at one instant. */
export const digest = z.object({
  /** The ISO week of the instant on the agency's calendar: `2026-W48`. */
  week: z.string(),
  agency: z.object({
    id: z.guid(),
    name: z.string().nullable(),
    /** As it was typed in, which may be no address. */
    contact_email: z.string(),
  }),
  timezone: z.string(),
  /** The instant on the agency's calendar and clock: `2026-11-23`, `20:00`. */
  local_date: z.string(),
  local_time: z.string(),
  installments: count,
  /** Most installments first. */
  totals: z.array(total),
  oldest: installment,
  /** At most ten of each currency, by amount; in the order of the totals. */
  largest: z.array(installment),
});

export type Digest = z.output<typeof digest>;
export type Installment = z.output<typeof installment>;
export type Total = z.output<typeof total>;
