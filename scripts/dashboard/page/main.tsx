import { render } from "preact";
import { resume } from "./api/session.ts";
import { App } from "./app.tsx";

const root = document.getElementById("app");
if (root === null) throw new Error("The page has no element for the app.");
render(<App />, root);
void resume();
