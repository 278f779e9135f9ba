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
     * The service spoke of all messages and not only of this one, which it has
     * therefore not taken.
     */
    readonly concernsAll?: boolean;
  }
  /** The same would fail again. */
  | {
    readonly kind: "permanent";
    readonly reason: string;
    /** So would any other message, such as with a wrong key. */
    readonly concernsAll?: boolean;
  };
