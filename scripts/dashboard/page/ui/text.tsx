import type { ComponentChildren } from "preact";
import { useState } from "preact/hooks";
import { Icon } from "./icon.tsx";

/** A name that somebody has chosen: any length, any direction of writing. */
export function Name({ children }: { readonly children: string }) {
  return (
    <bdi class="name" title={children.length > 60 ? children : undefined}>
      {children}
    </bdi>
  );
}

/** A button that copies a text. */
export function Copy(
  { text, label = "Copy" }: { readonly text: string; readonly label?: string },
) {
  const [copied, setCopied] = useState(false);
  const copy = async () => {
    await navigator.clipboard.writeText(text);
    setCopied(true);
    setTimeout(() => setCopied(false), 2000);
  };
  return (
    <button type="button" class="small ghost" onClick={() => void copy()}>
      <Icon name={copied ? "check" : "copy"} />
      <span aria-live="polite">{copied ? "Copied" : label}</span>
    </button>
  );
}

/** A command or statement to copy. */
export function Command({ text }: { readonly text: string }) {
  return (
    <div class="command">
      <pre tabIndex={0}><code>{text}</code></pre>
      <Copy text={text} />
    </div>
  );
}

/** A name and what it is, in a list of facts. */
export function Fact(
  { name, children }: {
    readonly name: string;
    readonly children: ComponentChildren;
  },
) {
  return (
    <div class="fact">
      <dt>{name}</dt>
      <dd>{children}</dd>
    </div>
  );
}
