/** A part of a page, under a heading. */
export interface RunbookSection {
  readonly id: string;
  readonly title: string;
  /** The commands and statements in it, in order. */
  readonly commands: readonly string[];
}

/** A page of docs/runbooks. */
export interface RunbookPage {
  readonly title: string;
  /** Whom it affects, and what to do, as the page begins; may be empty. */
  readonly affected: string;
  readonly todo: string;
  readonly html: string;
  readonly sections: readonly RunbookSection[];
}

/** The pages by their name without an ending. */
export type Runbooks = Readonly<Record<string, RunbookPage>>;
