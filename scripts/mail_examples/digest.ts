import { digestMail } from "../../supabase/functions/weekly-overdue-digest/mail/mail.ts";
import {
  AGENCY_ID,
  sampleDigest,
  sampleInstallment,
} from "../../supabase/functions/weekly-overdue-digest/testing/samples.ts";
import { type Examples, PHONE, pictured } from "./examples.ts";

const LINK = "https://app.example.com/installments";

const usual = digestMail(sampleDigest(), LINK);

// The same instant as the usual one, a day earlier.
const single = sampleInstallment({
  student_name: "Kaimana Akana",
  course_name: null,
  amount: "980.00",
  currency: "USD",
  due_date: "2026-11-21",
  days_overdue: 1,
});
const smallest = digestMail(
  sampleDigest({
    agency: {
      id: AGENCY_ID,
      name: "Honolulu College",
      contact_email: "office@honolulu.example.com",
    },
    timezone: "Pacific/Honolulu",
    local_date: "2026-11-22",
    installments: 1,
    totals: [{ currency: "USD", installments: 1, amount: "980.00" }],
    oldest: single,
    largest: [single],
  }),
  null,
);

/** What an agency gets, and what mail clients do to it. */
export const digestExamples: Examples = {
  folder: new URL("../../docs/digest/", import.meta.url),
  mails: [
    pictured("digest", usual),
    pictured("digest-dark", usual, { dark: true }),
    pictured("digest-phone", usual, { width: PHONE }),
    pictured("digest-single", smallest),
  ],
  texts: { "digest.txt": usual.text },
};
