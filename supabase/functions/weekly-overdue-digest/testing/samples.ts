import type { Digest, Installment } from "../digest.ts";

export const AGENCY_ID = "aaaaaaaa-aaaa-4aaa-8aaa-aaaaaaaaaaaa";

/** @returns an installment of a student, 3 days overdue. */
export function sampleInstallment(
  changes: Partial<Installment> = {},
): Installment {
  return {
    id: "11111111-1111-4111-8111-111111111111",
    student_name: "Amina Diallo",
    course_name: "Diploma of Business",
    amount: "1500.00",
    currency: "AUD",
    due_date: "2026-11-20",
    days_overdue: 3,
    ...changes,
  };
}

/** @returns the digest of an agency in Kiritimati on a Monday, in two currencies. */
export function sampleDigest(changes: Partial<Digest> = {}): Digest {
  return {
    week: "2026-W48",
    agency: {
      id: AGENCY_ID,
      name: "Kiritimati Language School",
      contact_email: "accounts@kiritimati.example.com",
    },
    timezone: "Pacific/Kiritimati",
    local_date: "2026-11-23",
    local_time: "20:00",
    installments: 12,
    totals: [
      { currency: "AUD", installments: 10, amount: "18642.35" },
      { currency: "JPY", installments: 2, amount: "304000.00" },
    ],
    oldest: students[7],
    largest: [...students],
    ...changes,
  };
}

const people: readonly (readonly [
  name: string,
  course: string | null,
  amount: string,
  currency: string,
  dueDate: string,
  daysOverdue: number,
])[] = [
  ["Amina Diallo", "Diploma of Business", "4250.00", "AUD", "2026-11-20", 3],
  ["Lucas Moreau", "Diploma of Business", "4250.00", "AUD", "2026-11-21", 2],
  [
    "Nguyễn Thị Lan",
    "Certificate IV in Commercial Cookery",
    "2980.50",
    "AUD",
    "2026-11-09",
    14,
  ],
  ["Björn Ólafsson", "General English", "1875.00", "AUD", "2026-11-19", 4],
  [
    "María José Fernández de la Vega",
    "Advanced Diploma of Leadership and Management",
    "1500.00",
    "AUD",
    "2026-11-22",
    1,
  ],
  ["Priya Raman", "General English", "1249.95", "AUD", "2026-11-18", 5],
  ["Chen Wei", null, "980.00", "AUD", "2026-10-30", 24],
  ["Tevita Taufa", "General English", "756.90", "AUD", "2026-08-03", 112],
  // Its due date was moved after it was marked.
  ["Sofia Rossi", "General English", "450.00", "AUD", "2027-03-01", 0],
  ["Omar Haddad", "IELTS Preparation", "350.00", "AUD", "2026-11-17", 6],
  [
    "Haruto Sato",
    "English for Academic Purposes",
    "160000.00",
    "JPY",
    "2026-11-16",
    7,
  ],
  ["Yui Tanaka", "IELTS Preparation", "144000.00", "JPY", "2026-11-23", 0],
];

const students: readonly Installment[] = people.map((
  [student_name, course_name, amount, currency, due_date, days_overdue],
  index,
) =>
  sampleInstallment({
    id: `11111111-1111-4111-8111-${String(index).padStart(12, "0")}`,
    student_name,
    course_name,
    amount,
    currency,
    due_date,
    days_overdue,
  })
);
