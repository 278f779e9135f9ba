/** A mail, without who it is from and to. */
export interface Mail {
  readonly subject: string;
  readonly html: string;
  /** Says the same, for readers that show no HTML. */
  readonly text: string;
}
