import type { AgentInputItem } from '@openai/agents';
import { SessionError } from '../store/errors';
import { fromResponsesItems } from './fromResponsesItems';

/**
 * The SDK's items of JSON texts that others have written, each of an item, or of a list of items as in `[…]`: see
 * `fromResponsesItems`.
 *
 * @throws `INVALID_ARGUMENT` that names the place, for what is no JSON, or no item; `UNSERIALIZABLE_ITEM`
 */
export function itemsInJson(texts: readonly string[]): AgentInputItem[] {
  return fromResponsesItems(texts.flatMap((text, index) => valueIn(text, index + 1)));
}

function valueIn(text: string, number: number): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    // the SyntaxError quotes the text
    throw new SessionError('INVALID_ARGUMENT', `text ${number} is no JSON`);
  }
}
