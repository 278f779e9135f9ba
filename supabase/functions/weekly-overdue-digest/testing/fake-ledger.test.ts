import { agencies, FakeLedger, REFUSED_CLAIMS } from "./fake-ledger.ts";
import { LEDGER_SCENARIOS } from "./ledger-scenarios.ts";

for (const { name, play } of LEDGER_SCENARIOS) {
  Deno.test(`the double of the ledger: ${name}`, () => {
    const [agency] = agencies(1);
    const ledger = new FakeLedger([agency]);
    return play({
      callRpc: (name, args) => Promise.resolve(ledger.answer(name, args)),
      agencyId: agency.id,
      runId: "11111111-1111-4111-8111-111111111111",
      prepare: (refusal) => {
        ledger.answers.set(agency.id, [REFUSED_CLAIMS[refusal]]);
        return Promise.resolve();
      },
    });
  });
}
