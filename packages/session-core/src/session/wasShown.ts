import { Buffer } from 'node:buffer';
import type { AgentInputItem } from '@openai/agents';
import { canonicalText } from '../records/itemJson';
import { isPlainObject } from '../arguments/isPlainObject';

/** What a model was given in its last successful call, and what it answered, as the SDK's Runner tells it. */
export interface ModelExchange {
  readonly items: readonly AgentInputItem[];
  readonly responseId?: string | undefined;
}

/**
 * Whether the model was shown all of these items, in order, each as often as it is there. Not so, when a
 * `sessionInputCallback` or a filter kept some from it. Ids do not count: the Runner leaves some out, of what it stores or
 * of what it sends.
 */
export function wasShown(items: readonly AgentInputItem[], exchange: ModelExchange): boolean {
  const shown = exchange.items.map(comparable);
  let place = 0;
  return items.every((item) => {
    const text = comparable(item);
    while (place < shown.length && shown[place] !== text) place++;
    return place++ < shown.length;
  });
}

/** Undefined for what cannot be stored, hence is not. */
function comparable(item: AgentInputItem): string | undefined {
  try {
    return canonicalText(withoutIds(item, undefined) as AgentInputItem);
  } catch {
    return undefined;
  }
}

/** Bytes as the Runner stores them, which is a data URL of the media type beside them. */
function withoutIds(value: unknown, mediaType: string | undefined): unknown {
  if (value instanceof Uint8Array) {
    const base64 = Buffer.from(value.buffer, value.byteOffset, value.byteLength).toString('base64');
    return `data:${mediaType ?? 'text/plain'};base64,${base64}`;
  }
  if (Array.isArray(value)) return value.map((each) => withoutIds(each, mediaType));
  if (!isPlainObject(value)) return value;
  const own = typeof value['mediaType'] === 'string' ? value['mediaType'] : mediaType;
  return Object.fromEntries(
    Object.entries(value)
      .filter(([key]) => key !== 'id')
      .map(([key, each]) => [key, withoutIds(each, key === 'data' || key === 'fileData' ? own : mediaType)]),
  );
}
