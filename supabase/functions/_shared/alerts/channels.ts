import { email } from "./channels/email/email.ts";
import { slack } from "./channels/slack/slack.ts";
import { webhook } from "./channels/webhook/webhook.ts";
import { createRegistry } from "./registry.ts";

/** Every channel there is. A new one is a folder and a line here. */
export const { channelVariables, configureChannels } = createRegistry([
  slack,
  email,
  webhook,
]);
