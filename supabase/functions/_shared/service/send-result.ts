/** What became of one attempt to send a message through a service. */
export type SendResult =
  | {
    readonly kind: "sent";
    /** The service's own id of the message, where it gives one. */
    readonly reference?: string;
  }
  /** The same may succeed later. */
  | {
    readonly kind: "transient";
    /** In a sentence without a credential; it is stored and shown. */
    readonly reason: string;
    /** How long the service asked us to wait. */
    readonly retryAfterSeconds?: number;
    /**
     * The refusal concerns all messages and not only this one, so this one was
     * not accepted.
     */
    readonly concernsAll?: boolean;
  }
  /** The same would fail again. */
  | {
    readonly kind: "permanent";
    readonly reason: string;
    /** So would any other message, for example with a wrong key. */
    readonly concernsAll?: boolean;
  };
