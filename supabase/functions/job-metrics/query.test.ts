import assert from "node:assert/strict";
import { onFakeTime } from "../_shared/testing/fake-time.ts";
import { metricsQuery, windowOf } from "./query.ts";

type Query = Readonly<Record<string, string>>;

/** A test that takes place at 2026-01-01T00:00:00Z. */
function testThen(name: string, test: () => void): void {
  Deno.test(name, () =>
    onFakeTime(() => {
      test();
      return Promise.resolve();
    }));
}

const window = (query: Query) => windowOf(metricsQuery.parse(query));

function refusal(query: Query): string {
  const { error } = metricsQuery.safeParse(query);
  return (error?.issues ?? []).map(({ message }) => message).join("; ");
}

testThen("so many days are those up to the database's present", () => {
  assert.deepEqual(window({}), {
    fromAt: "2025-12-02T00:00:00.000Z",
    toAt: undefined,
  });
  assert.deepEqual(window({ days: "1" }), {
    fromAt: "2025-12-31T00:00:00.000Z",
    toAt: undefined,
  });
  assert.deepEqual(window({ days: "365" }), {
    fromAt: "2025-01-01T00:00:00.000Z",
    toAt: undefined,
  });
});

testThen(
  "an end of the window that is not given is left to the database",
  () => {
    assert.deepEqual(window({ from: "2025-06-01T00:00:00+10:00" }), {
      fromAt: "2025-05-31T14:00:00.000000Z",
      toAt: undefined,
    });
    assert.deepEqual(window({ to: "2025-06-01T00:00:00Z" }), {
      fromAt: undefined,
      toAt: "2025-06-01T00:00:00.000000Z",
    });
    assert.deepEqual(
      window({
        from: "2025-06-01T00:00:00.000001Z",
        to: "2025-06-01T00:00:00.000002Z",
      }),
      {
        fromAt: "2025-06-01T00:00:00.000001Z",
        toAt: "2025-06-01T00:00:00.000002Z",
      },
    );
  },
);

testThen("a window that makes no sense is refused with the reason", () => {
  const day = "2025-06-01T00:00:00Z";
  const refused: [Query, RegExp][] = [
    [{ days: "7", from: day }, /days does not go together with from or to/],
    [{ days: "7", to: day }, /days does not go together with from or to/],
    [{ from: day, to: day }, /from must be earlier than to/],
    [{ from: day, to: "2025-05-31T23:59:59.999999Z" }, /earlier/],
    [{ from: day, to: "2025-06-01T01:00:00+01:00" }, /earlier/],
    [{ from: "2026-01-01T00:00:00Z" }, /earlier/],
    [{ from: "2026-01-01T00:00:01Z" }, /earlier/],
    [{ from: day, to: "2026-06-02T00:00:00.001Z" }, /at most 366 days/],
    [{ from: "2024-12-30T23:59:59Z" }, /at most 366 days/],
  ];
  for (const [query, reason] of refused) {
    assert.match(refusal(query), reason, JSON.stringify(query));
  }
  const accepted: Query[] = [
    { from: day, to: "2026-06-02T00:00:00Z" },
    { from: "2024-12-31T00:00:00Z", to: "2026-01-01T00:00:00Z" },
    { from: "2025-12-31T23:59:59.999Z" },
  ];
  for (const query of accepted) {
    assert.equal(refusal(query), "");
  }
});
