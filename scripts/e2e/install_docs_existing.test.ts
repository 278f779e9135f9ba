// Follows docs/how-to/install.md into projects that have tables.
import { deepEqual, equal } from "node:assert/strict";
import { OTHER_NAMES, SAME_NAMES } from "./foreign/domains.ts";
import { expectedStatuses, statuses } from "./foreign/expectation.ts";
import { snapshot } from "./foreign/journey.ts";
import { push } from "./foreign/project.ts";
import { withFollower } from "./support/follower.ts";
import { assertTurnedOn } from "./support/turned_on.ts";

const PAGE = "docs/how-to/install.md";

for (
  const [heading, domain] of [
    ["Quick start: same names", SAME_NAMES],
    ["Quick start: other names", OTHER_NAMES],
  ] as const
) {
  Deno.test(`${heading}: the first run marks what an independent calculation says, and the way out leaves the tables as before`, () =>
    withFollower(PAGE, domain.migrations, async (follower) => {
      const { project, stack, sql, blocks, paste } = follower;
      await push(project, stack);
      const before = await snapshot(follower);
      const rows = await statuses(sql, domain.names);
      await paste(blocks(heading, "sh"));
      await assertTurnedOn(follower);
      const after = await statuses(sql, domain.names);
      // A cut-off may have passed since the commands began.
      const [{ started_at: ranAt }] = await sql`
        select max(started_at) as started_at from public.jobs_log
      `;
      const expected = await expectedStatuses(sql, domain.names, ranAt, rows);
      deepEqual(new Map([...after].sort()), new Map([...expected].sort()));
      equal([...after].some(([id, word]) => rows.get(id) !== word), true);
      await paste(blocks("Take it out", "sh"));
      deepEqual((await snapshot(follower)).catalog, before.catalog);
    }));
}
