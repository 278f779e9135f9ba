import type { Context } from "../context.ts";
import { fakeClient, type FakeProjectState } from "./fake_client.ts";
import {
  type MemoryTerminal,
  memoryTerminal,
  type MemoryTerminalOptions,
} from "./memory_terminal.ts";

/** What a command of a test works with. */
export interface FakeContext extends Context {
  readonly terminal: MemoryTerminal;
  /** What the project has; a test may change it as it goes. */
  readonly state: FakeProjectState;
  /** As Ctrl-C does. */
  readonly stop: () => void;
}

/** A project in memory, a terminal in memory, and the clock of the test. */
export function fakeContext(
  state: FakeProjectState = {},
  { json = false, ...terminal }: MemoryTerminalOptions & {
    readonly json?: boolean;
  } = {},
): FakeContext {
  const controller = new AbortController();
  return {
    state,
    client: fakeClient(state),
    terminal: memoryTerminal(terminal),
    json,
    now: () => new Date(),
    signal: controller.signal,
    stop: () => controller.abort("SIGINT"),
  };
}
