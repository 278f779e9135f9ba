import type { z } from "zod";
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

export interface Registry<Variables extends z.ZodRawShape> {
  /** To be spread into a function's own variables. */
  readonly channelVariables: Variables;
  /**
   * @param environment the checked values of `channelVariables`.
   * @throws {EnvironmentError} when a channel is half configured, naming the
   *   variables that are missing.
   */
  readonly configureChannels: (
    environment: z.output<z.ZodObject<Variables>>,
  ) => ChannelsInUse;
}

/** Makes one thing of several channels. */
export function createRegistry<const Definition extends ChannelDefinition>(
  definitions: readonly Definition[],
): Registry<AllVariables<Definition>> {
  return {
    channelVariables: Object.assign(
      {},
      ...definitions.map(({ variables }) => variables),
    ),
    configureChannels: (environment) => {
      const configured = definitions.map((definition) => ({
        name: definition.name,
        ...definition.configure(environment),
      }));
      return {
        on: configured.flatMap((each) =>
          each.kind === "on" ? [each.channel] : []
        ),
        off: configured.flatMap((each) =>
          each.kind === "off" ? [{ name: each.name, reason: each.reason }] : []
        ),
      };
    },
  };
}
