import { createPlatform } from "../_shared/platform.ts";
import { createHandler, variables } from "./handler.ts";

export default { fetch: createHandler(createPlatform(variables)) };
