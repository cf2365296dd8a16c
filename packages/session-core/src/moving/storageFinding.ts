/** Something about what is stored of a session that should be otherwise. It holds no content. */
export interface StorageFinding {
  /**
   * `damaged`: a part of the conversation is lost, cannot be read, or will go before its time. `orphaned`: what belongs to nothing
   * that is there. `superfluous`: what nobody reads any more, and the next clean-up or an expiry removes.
   */
  readonly kind: 'damaged' | 'orphaned' | 'superfluous';
  readonly what: string;
}
