import { onFakeTime } from "../../testing/fake-time.ts";
import { FakeOutbox } from "./fake-outbox.ts";
import { EMAIL, OUTBOX_SCENARIOS, SLACK } from "./outbox-scenarios.ts";
import { sampleDelivery } from "./samples.ts";

for (const { name, play } of OUTBOX_SCENARIOS) {
  Deno.test(`the double of the outbox: ${name}`, () =>
    onFakeTime(async () => {
      const outbox = new FakeOutbox();
      await play({
        outbox,
        raise(...jobNames) {
          for (const job_name of jobNames) {
            for (const { name: channel } of [SLACK, EMAIL]) {
              outbox.add(sampleDelivery({ job_name, channel }));
            }
          }
          return Promise.resolve();
        },
        wait: (seconds) =>
          new Promise((resolve) => setTimeout(resolve, seconds * 1000)),
      });
    }));
}
