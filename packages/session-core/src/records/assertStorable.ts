import type { AgentInputItem } from '@openai/agents';
import { SessionError } from '../store/errors';
import { bytesOf } from '../store/bytesOf';
import { itemTexts } from './itemJson';

export interface AssertStorableOptions {
  /** The most bytes that the items' JSON may take together, in UTF-8. Default: no limit. */
  readonly maxBytes?: number | undefined;
}

/**
 * Throws what `addItems(items)` would throw before it sends anything, with the same paths. A run stores its items after
 * its tools have run; check input and tool output with this before you act on them.
 *
 * @throws `INVALID_ARGUMENT`, `UNSERIALIZABLE_ITEM`; `COMMIT_TOO_LARGE` when the items take more than `maxBytes`.
 */
export function assertStorable(items: readonly AgentInputItem[], options: AssertStorableOptions = {}): void {
  const { maxBytes = Infinity } = options;
  if (typeof maxBytes !== 'number' || !(maxBytes >= 0)) {
    throw new SessionError('INVALID_ARGUMENT', 'maxBytes must be a number of at least 0');
  }
  const bytes = bytesOf(itemTexts(items));
  if (bytes > maxBytes) {
    throw new SessionError('COMMIT_TOO_LARGE', `the items take ${bytes} bytes, and ${maxBytes} are allowed`);
  }
}
