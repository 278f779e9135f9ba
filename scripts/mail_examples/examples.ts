/** A mail to be shown as a picture. */
export interface PicturedMail {
  /** Of the file, without its ending. */
  readonly name: string;
  readonly html: string;
  /** In pixels. */
  readonly width: number;
  readonly dark: boolean;
}

/** What a folder of `docs` shows. */
export interface Examples {
  readonly folder: URL;
  readonly mails: readonly PicturedMail[];
  /** What is shown as text: the file's name, and what is in it. */
  readonly texts: Readonly<Record<string, string>>;
}

const SCREEN = 680;

/** The width of a phone's screen. */
export const PHONE = 390;

/** @returns a mail as a mail client shows it. */
export function pictured(
  name: string,
  { html }: { readonly html: string },
  { width = SCREEN, dark = false } = {},
): PicturedMail {
  return { name, html, width, dark };
}
