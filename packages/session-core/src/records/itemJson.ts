import type { AgentInputItem } from '@openai/agents';
import { mapElements } from '../arguments/readArguments';
import { SessionError } from '../store/errors';
import { isPlainObject } from '../arguments/isPlainObject';
import { fromExactJson, toExactJson } from './exactJson';
import { fastJson } from './fastJson';

/*
 * A caller's items, each read once: what is checked, compared and stored is one reading of them, made before the caller
 * can change them.
 */

/**
 * The JSON texts of `items`, in order.
 *
 * @param path - names the array in errors.
 * @throws `INVALID_ARGUMENT`, `UNSERIALIZABLE_ITEM` or `COMMIT_TOO_LARGE`, naming the path of what cannot be stored.
 */
export function itemTexts(items: readonly AgentInputItem[], path = 'items'): string[] {
  return mapElements(items, path, itemText);
}

/**
 * The JSON text of one item.
 *
 * @param path - names the item in errors.
 * @throws `INVALID_ARGUMENT`, `UNSERIALIZABLE_ITEM`, `COMMIT_TOO_LARGE`
 */
export function itemText(item: unknown, path: string): string {
  assertItem(item, path);
  return fastJson(item) ?? toExactJson(item, path);
}

/** An item's JSON text, and the item as it will be read. */
export function takeItem(given: unknown, path: string): { text: string; item: AgentInputItem } {
  const text = itemText(given, path);
  return { text, item: fromExactJson(text) as AgentInputItem };
}

/** An item's canonical text, and the item as it would be read if it were stored. */
export function takeExpectedItem(given: unknown, path: string): { text: string; item: AgentInputItem } {
  assertItem(given, path);
  const text = toExactJson(given, path, true);
  return { text, item: fromExactJson(text) as AgentInputItem };
}

/** Equal for structurally equal items: the order of keys does not matter, types do. */
export function canonicalText(item: AgentInputItem): string {
  return toExactJson(item, 'item', true);
}

function assertItem(item: unknown, path: string): void {
  if (!isPlainObject(item)) throw new SessionError('INVALID_ARGUMENT', `${path} must be a plain object`);
}
