import type { AgentInputItem, SessionInputCallback } from '@openai/agents';
import { approximateTokens } from './approximateTokens';
import { cleanCuts, strayResults } from './linkedItems';
import { invalid } from '../arguments/invalid';

/** `turns`, `budget`, or both, and then both hold. */
export interface KeepRecentOptions {
  /** How many turns of the history the model sees at most. A turn begins with what the user says. */
  readonly turns?: number | undefined;
  /** The largest size of the model's input: history and new items together, instructions and tools not counted. */
  readonly budget?: number | undefined;
  /** The size of an item in the budget's unit. Default: `approximateTokens`. */
  readonly measure?: ((item: AgentInputItem) => number) | undefined;
}

/**
 * A `sessionInputCallback` for `run()`: the model sees the newest part of the history only, so that a long conversation
 * stays affordable. What is stored stays as it is.
 *
 * The part begins where nothing is separated that belongs together, such as a tool call and its result, or reasoning and
 * what follows it. A budget takes whole turns away; it cuts into the newest turn only if that alone is too large. Whatever
 * the budget, these are kept: the new items, all that they answer, and the summary at the head of the history, which is
 * a compaction item or a number of system messages.
 *
 * A result whose call is nowhere in front of it, because the session expired in between, is dropped, since every model
 * would refuse it; unless the history begins with a compaction item, which may hold the call.
 *
 * @throws `INVALID_ARGUMENT`
 */
export function keepRecent(options: KeepRecentOptions): SessionInputCallback {
  const { turns, budget, measure = approximateTokens } = options;
  validate(options);
  return (history, newItems) => {
    const { summary, turnItems } = splitSummary(history);
    // a compaction may hold their calls
    const stray = summary.some(isCompaction) ? new Set<number>() : strayResults(turnItems);
    const sizeAt = (place: number): number =>
      stray.has(place) ? 0 : total(turnItems.slice(place, place + 1), measure);
    const clean = cleanCuts([...turnItems, ...newItems]).slice(0, turnItems.length + 1);
    const starts = turnStarts(turnItems);
    const latest = clean.lastIndexOf(true);

    const oldest = turns === 0 ? turnItems.length : (starts.at(-(turns ?? Infinity)) ?? 0);
    let begin = clean.lastIndexOf(true, oldest);
    if (budget !== undefined) {
      let fitting = turnItems.length;
      let size = total([...summary, ...newItems], measure);
      while (fitting > begin && (size += sizeAt(fitting - 1)) <= budget) fitting--;
      if (fitting > begin) {
        const wholeTurns = starts.find((start) => start >= fitting && clean[start]);
        const partOfTurn = clean.indexOf(true, fitting);
        begin = wholeTurns ?? (partOfTurn === -1 ? latest : partOfTurn);
      }
    }
    const kept = turnItems.filter((_, place) => place >= begin && !stray.has(place));
    return [...summary, ...kept, ...newItems];
  };
}

/** What stands before the latest compaction item is never shown to a model, see the SDK's `trimToLatestCompaction`. */
function splitSummary(history: readonly AgentInputItem[]): {
  summary: readonly AgentInputItem[];
  turnItems: readonly AgentInputItem[];
} {
  const start = Math.max(0, history.findLastIndex(isCompaction));
  const seen = history.slice(start);
  const firstOther = seen.findIndex((item) => !isCompaction(item) && !hasRole(item, 'system'));
  const length = firstOther === -1 ? seen.length : firstOther;
  return { summary: seen.slice(0, length), turnItems: seen.slice(length) };
}

/** Several messages in a row, from user and system, are the input of one turn. */
function turnStarts(items: readonly AgentInputItem[]): number[] {
  const isInput = (item: AgentInputItem | undefined): boolean =>
    item !== undefined && (hasRole(item, 'user') || hasRole(item, 'system'));
  return items.flatMap((item, place) => (isInput(item) && !isInput(items[place - 1]) ? [place] : []));
}

function isCompaction(item: AgentInputItem): boolean {
  return item.type === 'compaction';
}

function hasRole(item: AgentInputItem, role: string): boolean {
  return 'role' in item && item.role === role;
}

function total(items: readonly AgentInputItem[], measure: (item: AgentInputItem) => number): number {
  return items.reduce((sum, item) => {
    const size: unknown = measure(item);
    if (typeof size !== 'number' || !(size >= 0)) throw invalid('measure must return a number of at least 0');
    return sum + size;
  }, 0);
}

function validate({ turns, budget, measure }: KeepRecentOptions): void {
  if (turns === undefined && budget === undefined) throw invalid('turns or budget must be given');
  if (turns !== undefined && !(Number.isSafeInteger(turns) && turns >= 0)) {
    throw invalid('turns must be an integer of at least 0');
  }
  if (budget !== undefined && !(typeof budget === 'number' && budget >= 0)) {
    throw invalid('budget must be a number of at least 0');
  }
  if (measure !== undefined && typeof measure !== 'function') throw invalid('measure must be a function');
}
