import assert from "node:assert/strict";
import type { Digest } from "../digest.ts";
import {
  AGENCY_ID,
  sampleDigest,
  sampleInstallment,
} from "../testing/samples.ts";
import { describeDigest, type DigestDescription } from "./describe.ts";
import { digestMail } from "./mail.ts";

const LINK = "https://app.example.com/installments?a=1&b=2";

const NASTY = `<script>alert("1")</script> & 'quoted' <img src=x onerror=y> 👩‍👩‍👧`;

const render = (digest: Digest) => digestMail(digest, LINK);

/** What a reader sees of the HTML, as a browser would decode it. */
function visible(html: string): string {
  return html
    .replace(/^.*<body/s, "<body")
    .replace(/<br>/g, "\n")
    .replace(/<[^>]*>/g, "")
    .replaceAll("&lt;", "<")
    .replaceAll("&gt;", ">")
    .replaceAll("&quot;", '"')
    .replaceAll("&#39;", "'")
    .replaceAll("&amp;", "&");
}

/** Every text of a description. */
function saidIn({ title, agency, summary, ...rest }: DigestDescription) {
  return [
    title,
    agency ?? "",
    summary,
    ...rest.totals.flatMap(Object.values),
    ...rest.lists.flatMap(({ title, lines }) => [
      title,
      ...lines.flatMap(({ course, ...line }) => [
        course ?? "",
        ...Object.values(line),
      ]),
    ]),
    ...rest.footnote,
  ] as string[];
}

/** A digest in which everything that people can type in is this. */
function saying(text: string): Digest {
  const installment = sampleInstallment({
    student_name: text,
    course_name: text,
    currency: text,
  });
  return sampleDigest({
    agency: { id: AGENCY_ID, name: text, contact_email: "a@example.com" },
    totals: [{ currency: text, installments: 12, amount: "18000.00" }],
    oldest: installment,
    largest: Array(10).fill(installment),
  });
}

/** The same in as many currencies as are listed. */
function sayingOften(text: string): Digest {
  const currencies = ["A", "B", "C", "D", "E"].map((first) => first + text);
  return {
    ...saying(text),
    totals: currencies.map((currency) => ({
      currency,
      installments: 12,
      amount: "18000.00",
    })),
    largest: currencies.flatMap((currency) =>
      Array(10).fill(sampleInstallment({
        student_name: text,
        course_name: text,
        currency,
      }))
    ),
  };
}

Deno.test("the mail gives count, totals, the oldest and the largest of each currency, on the agency's calendar", () => {
  const { subject, html, text } = render(sampleDigest());
  assert.equal(
    subject,
    "12 overdue installments at Kiritimati Language School, 23 November 2026",
  );
  for (const part of [visible(html), text]) {
    for (
      const said of [
        "At 20:00 on Monday, 23 November 2026 (Pacific/Kiritimati), 12 " +
        "installments were overdue: AUD 18,642.35 and JPY 304,000.",
        "10 installments",
        "18,642.35",
        "due 3 August 2026, 112 days overdue",
        "All in AUD, the largest first",
        "due date moved to 1 March 2027, still marked overdue",
        "All in JPY, the largest first",
        "AUD 2,980.50",
        "Certificate IV in Commercial Cookery",
        "due 22 November 2026, 1 day overdue",
        "due today, 23 November 2026",
        "week 2026-W48",
      ]
    ) {
      assert(part.includes(said), said);
    }
    const [, largest] = part.split("All in AUD");
    const order = ["Amina", "Lucas", "Nguyễn", "Björn", "Omar", "Haruto", "Yui"]
      .map((name) => largest.indexOf(name));
    assert.deepEqual(order, order.toSorted((a, b) => a - b));
    assert(!order.includes(-1));
  }
});

Deno.test("both parts say all there is to say", () => {
  for (
    const digest of [
      sampleDigest(),
      sampleDigest({ installments: 10 }),
      sampleDigest({ installments: 1 }),
      saying("Smith & Sons"),
    ]
  ) {
    const { html, text } = render(digest);
    for (const said of saidIn(describeDigest(digest, null))) {
      assert(visible(html).includes(said), `HTML: ${said}`);
      assert(text.includes(said), `text: ${said}`);
    }
  }
});

Deno.test("a single installment is listed once", () => {
  const only = sampleInstallment();
  const { subject, html, text } = render(sampleDigest({
    installments: 1,
    totals: [{ currency: "AUD", installments: 1, amount: "1500.00" }],
    oldest: only,
    largest: [only],
  }));
  assert.match(subject, /^1 overdue installment at /);
  for (const part of [visible(html), text]) {
    assert.match(part, /, 1 installment was overdue: AUD 1,500\.00\./);
    assert.equal(part.match(/Amina Diallo/g)?.length, 1);
    assert.doesNotMatch(part, /largest|oldest|more/);
  }
});

Deno.test("an installment that was marked overdue and is due later by now says that its due date was moved", () => {
  const later = sampleInstallment({ due_date: "2026-11-25", days_overdue: 0 });
  const { text } = render(sampleDigest({ oldest: later, largest: [later] }));
  assert.match(
    text,
    /^ {2}due date moved to 25 November 2026, still marked overdue$/m,
  );
});

Deno.test("an installment without a valid due date says so", () => {
  const dateless = sampleInstallment({ due_date: null, days_overdue: null });
  const { html, text } = render(
    sampleDigest({ oldest: dateless, largest: [dateless] }),
  );
  for (const part of [visible(html), text]) {
    assert.match(part, /marked overdue, without a valid due date/);
    assert.doesNotMatch(part, /infinity|null|NaN/);
  }
});

const lists: readonly {
  readonly what: string;
  readonly totals: readonly (readonly [string | null, number])[];
  readonly listed: readonly (readonly [string | null, number])[];
  readonly titles: readonly string[];
  readonly more: readonly string[];
}[] = [
  {
    what: "up to ten in one currency are all of them",
    totals: [["AUD", 10]],
    listed: [["AUD", 10]],
    titles: ["All of them, the largest first"],
    more: [],
  },
  {
    what: "more than ten in one currency are counted",
    totals: [["AUD", 12]],
    listed: [["AUD", 10]],
    titles: ["The 10 largest"],
    more: ["… and 2 more"],
  },
  {
    what: "each currency has its own list",
    totals: [["AUD", 12], ["JPY", 2], [null, 1]],
    listed: [["AUD", 10], ["JPY", 2], [null, 1]],
    titles: [
      "The 10 largest in AUD",
      "All in JPY, the largest first",
      "The one without a currency",
    ],
    more: ["… and 2 more"],
  },
  {
    what: "a currency of which none is listed has no list",
    totals: [["AUD", 2], ["JPY", 1]],
    listed: [["AUD", 2]],
    titles: ["All in AUD, the largest first"],
    more: [],
  },
];

for (const { what, totals, listed, titles, more } of lists) {
  Deno.test(what, () => {
    const { text } = render(sampleDigest({
      installments: totals.reduce((sum, [, count]) => sum + count, 0),
      totals: totals.map(([currency, installments]) => ({
        currency,
        installments,
        amount: "1500.00",
      })),
      largest: listed.flatMap(([currency, count]) =>
        Array.from({ length: count }, () => sampleInstallment({ currency }))
      ),
    }));
    assert.deepEqual(text.match(/^(?:The \d+|All|The one).*$/gm), titles);
    assert.deepEqual(text.match(/^… and .*$/gm) ?? [], more);
  });
}

Deno.test("a missing name is left out: agency, student, course and currency", () => {
  const nameless = sampleInstallment({
    student_name: null,
    course_name: null,
    currency: null,
  });
  const { subject, text } = render(sampleDigest({
    agency: { id: AGENCY_ID, name: null, contact_email: "a@example.com" },
    totals: [{ currency: null, installments: 12, amount: "18000.00" }],
    oldest: nameless,
    largest: [nameless],
  }));
  assert.equal(subject, "12 overdue installments, 23 November 2026");
  assert.match(text, /overdue: 18,000\.00\./);
  assert.match(text, /^No currency {2}18,000\.00 {2}\(12 installments\)$/m);
  assert.match(
    text,
    /^- 1,500\.00: Installment 11111111-1111-4111-8111-111111111111$/m,
  );
});

Deno.test("many currencies are counted in the sentence and cut in the table", () => {
  const totals = Array.from({ length: 25 }, (_, index) => ({
    currency: `A${String.fromCharCode(65 + index)}X`,
    installments: 1,
    amount: "1.00",
  }));
  const { html, text } = render(sampleDigest({ installments: 25, totals }));
  for (const part of [visible(html), text]) {
    assert.match(
      part,
      /overdue: AAX 1\.00, ABX 1\.00, ACX 1\.00 and 22 other currencies\./,
    );
    assert.match(part, /ATX/);
    assert.doesNotMatch(part, /AUX/);
    assert.match(part, /… and 5 more/);
  }
});

Deno.test("everything that people typed in is escaped, once", () => {
  const harmless = new Set(
    render(sampleDigest()).html.match(/<[a-z!/][a-z-]*/gi),
  );
  const { html, text, subject } = render(saying(NASTY));
  for (const tag of html.match(/<[a-z!/][a-z-]*/gi) ?? []) {
    assert(harmless.has(tag), tag);
  }
  assert(visible(html).includes(NASTY));
  assert(text.includes(NASTY));
  assert(subject.includes(NASTY));
  assert.doesNotMatch(html, /&amp;(?:lt|amp|#39|quot);/, "escaped twice");
});

Deno.test("no name leaves its line, or turns the direction of what follows", () => {
  const { subject, html, text } = render(
    saying("a\r\nBcc: all@example.com\u2028x\u202egnp.exe\u0000\u0007"),
  );
  assert.equal(
    subject,
    "12 overdue installments at a Bcc: all@example.com x gnp.exe, 23 November 2026",
  );
  for (const part of [subject, html, text]) {
    assert.doesNotMatch(
      part,
      /[^\P{Cc}\n]|[\u2028\u2029\u202a-\u202e\u2066-\u2069]/u,
    );
  }
  for (const line of text.split("\n")) {
    assert.doesNotMatch(line, /^(?:Bcc|x)/);
  }
});

Deno.test("the longest names leave the mail readable, and keep the date in the subject", () => {
  const { subject, html, text } = render(
    sayingOften("👩‍👩‍👧‍👦&<\"'".repeat(20_000)),
  );
  const bytes = (part: string) => new TextEncoder().encode(part).length;
  // Some mail clients show no more than 102 kB.
  assert(bytes(html) < 102_000, `${bytes(html)} bytes`);
  assert(bytes(text) < 102_000, `${bytes(text)} bytes`);
  assert(subject.length <= 150);
  assert.match(subject, /…, 23 November 2026$/);
  for (const part of [subject, html, text]) assert(part.isWellFormed());
});

Deno.test("the button leads to the page; without an address there is none", () => {
  const { html, text } = render(sampleDigest());
  assert.match(
    html,
    /<a href="https:\/\/app\.example\.com\/installments\?a=1&amp;b=2"[^>]*>See all installments<\/a>/,
  );
  assert.match(text, /^See all installments: https:.*\?a=1&b=2$/m);

  const without = digestMail(sampleDigest(), null);
  assert.doesNotMatch(without.html, /<a /);
  assert.doesNotMatch(without.text, /See all/);
});

Deno.test("the same digest is the same mail, byte by byte", () => {
  assert.deepEqual(render(sampleDigest()), render(sampleDigest()));
});

Deno.test("nothing is loaded from elsewhere, and nothing runs", () => {
  const { html } = render(sampleDigest());
  assert.match(html, /max-width:600px/);
  assert.doesNotMatch(html, /<(?:img|script|link|iframe|form)/);
});
