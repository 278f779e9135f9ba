import { render } from "preact";
import { readRunbooks } from "./api/runbooks.ts";
import { resume } from "./api/session.ts";
import { App } from "./app.tsx";

const root = document.getElementById("app");
if (root === null) throw new Error("The page has no element for the app.");
await readRunbooks();
render(<App />, root);
void resume();
