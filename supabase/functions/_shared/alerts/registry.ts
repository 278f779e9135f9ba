import { z } from "zod";
import { EnvironmentError } from "../environment.ts";
import { explainIssues } from "../explain-issues.ts";
import type {
  Channel,
  ChannelDefinition,
  ConfiguredChannel,
} from "./channel.ts";
import { messageProblems } from "./message/settings.ts";

/** Which channels can be used, and why the others cannot. */
export interface ChannelsInUse {
  readonly on: readonly Channel[];
  readonly off: readonly { readonly name: string; readonly reason: string }[];
  /** Sentences on what is set wrongly, or only in part. */
  readonly problems: readonly string[];
}

const unchecked = z.string().optional();

type NamesOf<Definition extends ChannelDefinition> = Definition extends
  ChannelDefinition<infer Variables> ? keyof Variables & string
  : never;

/**
 * Makes one thing of several channels.
 *
 * @returns the variables of all, to be spread into a function's own; and what
 *   checks their values and configures the channels. A channel whose variables
 *   are wrong or incomplete is off and takes no other with it.
 */
export function createRegistry<const Definition extends ChannelDefinition>(
  definitions: readonly Definition[],
) {
  const channelVariables = Object.fromEntries(
    definitions.flatMap(({ variables }) =>
      Object.keys(variables).map((name) => [name, unchecked])
    ),
  ) as Record<NamesOf<Definition>, typeof unchecked>;

  function configureChannels(
    environment: Partial<Record<NamesOf<Definition>, string>>,
  ): ChannelsInUse {
    const on: Channel[] = [];
    const off: { name: string; reason: string }[] = [];
    const problems = messageProblems(environment);
    for (const definition of definitions) {
      const { name } = definition;
      try {
        const configured = configure(definition, environment);
        if (configured.kind === "on") on.push(configured.channel);
        else off.push({ name, reason: configured.reason });
      } catch (error) {
        if (!(error instanceof EnvironmentError)) throw error;
        off.push({ name, reason: error.message });
        problems.push(error.message);
      }
    }
    return { on, off, problems };
  }

  return { channelVariables, configureChannels };
}

function configure(
  { name, variables, configure }: ChannelDefinition,
  environment: Readonly<Record<string, string | undefined>>,
): ConfiguredChannel {
  const checked = z.object(variables).safeParse(environment);
  if (checked.success) return configure(checked.data);
  throw new EnvironmentError(
    `The ${name} channel cannot be used. ${explainIssues(checked.error)}.`,
  );
}
