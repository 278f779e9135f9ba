import type { ComponentChildren } from "preact";
import { useEffect } from "preact/hooks";
import { ActionDialog } from "./actions/dialog.tsx";
import { type Access, session, signOut } from "./api/session.ts";
import { busy } from "./state/query.ts";
import { type Route, route } from "./state/route.ts";
import { Agencies } from "./screens/agencies.tsx";
import { Agency } from "./screens/agency.tsx";
import { Incidents } from "./screens/incidents.tsx";
import { Installment } from "./screens/installment.tsx";
import { Installments } from "./screens/installments.tsx";
import { Run } from "./screens/run.tsx";
import { Runbook } from "./screens/runbook.tsx";
import { Runs } from "./screens/runs.tsx";
import { SignIn } from "./screens/sign_in.tsx";
import { Today } from "./screens/today.tsx";
import { Header } from "./ui/header.tsx";
import { Empty } from "./ui/states.tsx";

/** The whole page. */
export function App() {
  const { value } = session;
  if (value.kind === "starting") return null;
  if (value.kind === "out") return <SignIn message={value.message} />;
  const { access } = value;
  return access.operator || access.data
    ? <Screens access={access} route={route.value} />
    : <NothingToSee name={access.name} />;
}

function NothingToSee({ name }: { readonly name: string | null }) {
  return (
    <main class="sign-in">
      <section class="card">
        <h1>There is nothing for you to see</h1>
        <p>
          You are signed in as{" "}
          <bdi>{name}</bdi>. An admin has to give you a row in{" "}
          <code>user_roles</code>: the role admin, or an agency.
        </p>
        <button type="button" onClick={() => void signOut()}>Sign out</button>
      </section>
    </main>
  );
}

interface Screen {
  readonly title: string;
  readonly content: ComponentChildren;
}

function Screens(
  { access, route }: { readonly access: Access; readonly route: Route },
) {
  const { title, content } = screenOf(route, access);
  useEffect(() => {
    document.title = `${title} · Duewatch`;
  }, [title]);
  return (
    <>
      <a class="skip" href="#main" onClick={toMain}>Skip to the content</a>
      <Header access={access} section={route.path[0] ?? ""} />
      <main id="main" tabIndex={-1} aria-busy={busy.value}>{content}</main>
      <ActionDialog />
    </>
  );
}

// The part behind the # is the route, so the link cannot do this by itself.
function toMain(event: Event): void {
  event.preventDefault();
  document.getElementById("main")?.focus();
}

const UUID = /^[\da-f]{8}(-[\da-f]{4}){3}-[\da-f]{12}$/i;

/** @returns what is at an address, for those who may see it. */
function screenOf({ path: [section, id] }: Route, access: Access): Screen {
  const screen = (access.operator ? operatorScreen(section, id) : null) ??
    (access.data ? dataScreen(section, id) : null);
  const isForAdmins = screen === null && !access.operator &&
    operatorScreen(section, id) !== null;
  if (isForAdmins) {
    return {
      title: "For admins",
      content: (
        <Empty title="This page is for admins.">
          It is about the jobs. You see the agencies and the installments of
          your agency: <a href="#/agencies">open them</a>.
        </Empty>
      ),
    };
  }
  const isWithoutData = screen === null && !access.data &&
    dataScreen(section, id) !== null;
  if (isWithoutData) {
    return {
      title: "Not shown",
      content: (
        <Empty title="Agencies and installments are not shown here.">
          The dashboard was started without{" "}
          <code>SUPABASE_SECRET_KEY</code>, a secret key of the project.
        </Empty>
      ),
    };
  }
  const isNoId = id !== undefined && section !== "runbooks" && !UUID.test(id);
  if (screen !== null && isNoId) {
    return {
      title: "Not found",
      content: (
        <Empty title="This address is not complete.">
          <bdi>{id}</bdi> is not an id. An id has 36 characters:{" "}
          <a href={`#/${section}`}>search for it</a>.
        </Empty>
      ),
    };
  }
  return screen ?? {
    title: "Not found",
    content: (
      <Empty title="There is nothing at this address.">
        <a href="#/">To the start</a>
      </Empty>
    ),
  };
}

/** What members of an agency see, too: as far as the database lets them. */
function dataScreen(
  section: string | undefined,
  id: string | undefined,
): Screen | null {
  switch (section) {
    case undefined:
    case "agencies":
      return id === undefined
        ? { title: "Agencies", content: <Agencies /> }
        : { title: "Agency", content: <Agency key={id} id={id} /> };
    case "installments":
      return id === undefined
        ? { title: "Installments", content: <Installments /> }
        : { title: "Installment", content: <Installment key={id} id={id} /> };
    default:
      return null;
  }
}

function operatorScreen(
  section: string | undefined,
  id: string | undefined,
): Screen | null {
  switch (section) {
    case undefined:
      return { title: "Today", content: <Today /> };
    case "runs":
      return id === undefined
        ? { title: "Runs", content: <Runs /> }
        : { title: `Run ${id.slice(0, 8)}`, content: <Run key={id} id={id} /> };
    case "incidents":
      return { title: "Incidents", content: <Incidents id={id} /> };
    case "runbooks":
      return { title: "Runbook", content: <Runbook name={id} /> };
    default:
      return null;
  }
}
