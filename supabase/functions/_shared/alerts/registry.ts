import type { z } from "zod";
import type { EnvironmentOf } from "../environment.ts";
import type { Channel, ChannelDefinition } from "./channel.ts";

/** Which channels can be used, and why the others cannot. */
export interface ChannelsInUse {
  readonly on: readonly Channel[];
  readonly off: readonly { readonly name: string; readonly reason: string }[];
}

/** The variables of all these channels in one object. */
type AllVariables<Definition extends ChannelDefinition> =
  Merged<Definition["variables"]> extends infer Variables extends z.ZodRawShape
    ? Variables
    : never;
type Merged<Union> =
  (Union extends unknown ? (each: Union) => void : never) extends
    (all: infer All) => void ? All : never;

/**
 * Makes one thing of several channels.
 *
 * @returns the variables of all, to be spread into a function's own; and what
 *   configures the channels with their checked values. It throws an
 *   `EnvironmentError` when a channel is half configured.
 */
export function createRegistry<const Definition extends ChannelDefinition>(
  definitions: readonly Definition[],
) {
  const channelVariables: AllVariables<Definition> = Object.assign(
    {},
    ...definitions.map(({ variables }) => variables),
  );

  function configureChannels(
    environment: EnvironmentOf<AllVariables<Definition>>,
  ): ChannelsInUse {
    const on: Channel[] = [];
    const off: { name: string; reason: string }[] = [];
    for (const { name, configure } of definitions) {
      const configured = configure(environment);
      if (configured.kind === "on") on.push(configured.channel);
      else off.push({ name, reason: configured.reason });
    }
    return { on, off };
  }

  return { channelVariables, configureChannels };
}
