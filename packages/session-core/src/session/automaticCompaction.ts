import type { AgentInputItem, OpenAIResponsesCompactionArgs, RunContext } from '@openai/agents';
import { isLongerThan, type CompactionOptions } from './compactionOptions';
import { SessionError } from '../store/errors';
import type { HistoryAccess } from './historyAccess';
import { readable } from './historyEntry';
import type { HistoryViews, RunView } from './historyView';
import { itemTexts } from '../records/itemJson';
import { pendingPlaces } from '../conversation/linkedItems';
import { addingItems, writeInTurn } from './replayedWrites';
import { wasShown, type ModelExchange } from './wasShown';
import { readFields } from '../arguments/readArguments';
import { byResponsesCompact, shortenSettled, type CompactionUsage } from '../conversation/shorteners';

/** The SDK's own threshold, see `OpenAIResponsesCompactionSession`. */
const DEFAULT_THRESHOLD = 10;

/**
 * The SDK's `OpenAIResponsesCompactionOwnershipAwareSession`, which its versions before 0.18 have no type for. Its Runner
 * asks for a receipt when a run begins, hands it over with what it appends, and has the history compacted in the end.
 *
 * A receipt stands for what its run knows of the history, and is good as long as exactly that is stored: as long as nobody
 * but the run wrote. It is bound to a revision of the store, so it notices writers in other processes too.
 */
export class AutomaticCompaction {
  readonly #access: HistoryAccess;
  readonly #views: HistoryViews;
  readonly #options: CompactionOptions | undefined;
  readonly #receipts = new WeakMap<object, RunView>();

  /** @param options - undefined: receipts only, which tell where a run begins. */
  constructor(access: HistoryAccess, views: HistoryViews, options: CompactionOptions | undefined) {
    this.#access = access;
    this.#views = views;
    this.#options = options;
  }

  async getItems(
    runContext: RunContext | undefined,
  ): Promise<{ items: AgentInputItem[]; ownership: object }> {
    const view = this.#views.begin(runContext);
    const items = await this.#access.getItems(view);
    const ownership = Object.freeze({});
    this.#receipts.set(ownership, view);
    return { items, ownership };
  }

  /** Appends, whether the receipt is good or not; one that is not does not become so. */
  async addItems(
    items: AgentInputItem[],
    ownership: object | null,
    runContext: RunContext | undefined,
  ): Promise<void> {
    const view = this.#views.open(runContext);
    const receipt = this.#viewOf(ownership, view.storedId);
    const texts = itemTexts(items);
    if (texts.length === 0) return;
    await writeInTurn(view, addingItems(texts), async (operation) => {
      const change = { append: await view.codec.encode(texts), operation };
      await (receipt ? this.#access.appendExactly(receipt, change) : this.#access.commit(view, change));
    });
  }

  /**
   * Shortens what the receipt covers, or without one, by the caller's own call, all that is stored, in one commit. What others
   * append meanwhile is kept behind; a history that changed otherwise is left alone. Returns what it cost, also then.
   *
   * @param ownership - a receipt, or null where the run has none: then nothing is done. Undefined: the caller's own call, or
   * that of a Runner before SDK 0.18.
   * @param exchange - empty where the Runner tells none, as in SDK 0.18. Otherwise the receipt must cover nothing that the
   * model was not shown.
   */
  async runCompaction(
    args: OpenAIResponsesCompactionArgs,
    runContext: RunContext | undefined,
    ownership: object | null | undefined,
    exchange: readonly [(ModelExchange | undefined)?],
  ): Promise<{ usage: CompactionUsage } | null> {
    const view = this.#views.open(runContext);
    const { force, responseId } = readFields(args, 'the argument') as OpenAIResponsesCompactionArgs;
    const isForced = force === true;
    if (this.#options === undefined) {
      if (!isForced) return null;
      throw new SessionError('INVALID_ARGUMENT', 'runCompaction needs the option compaction');
    }
    const { onError } = this.#options;
    const work = new CompactionWork(this.#options, isForced, exchange[0]?.responseId ?? responseId);
    try {
      if (ownership === undefined) {
        await this.#access.rewrite(view, (items) => work.shorten(items));
      } else {
        const receipt = this.#viewOf(ownership, view.storedId);
        if (receipt) await this.#compact(receipt, work, exchange);
      }
    } catch (error) {
      if (onError === undefined || isForced) throw error;
      onError(error);
    }
    return work.usage === undefined ? null : { usage: work.usage };
  }

  async #compact(
    view: RunView,
    work: CompactionWork,
    exchange: readonly [(ModelExchange | undefined)?],
  ): Promise<void> {
    const { known } = view;
    if (known?.revision === undefined) return;
    const items = readable(await this.#access.decode(view, known.records));
    const [told] = exchange;
    if (exchange.length > 0 && !(told && wasShown(shownItems(items), told))) return;
    const shortened = await work.shorten(items);
    if (shortened === undefined) return;
    const replacement = itemTexts(shortened);
    await view.writes.run(() => this.#access.replace(view, known, replacement));
  }

  /** The view of a receipt of ours, unless it is of another scope. */
  #viewOf(ownership: object | null, storedId: string): RunView | undefined {
    const view = ownership ? this.#receipts.get(ownership) : undefined;
    return view?.storedId === storedId ? view : undefined;
  }
}

/** One call's decision, shortening and cost. */
class CompactionWork {
  usage: CompactionUsage | undefined;
  readonly #options: CompactionOptions;
  readonly #isForced: boolean;
  readonly #responseId: string | undefined;

  constructor(options: CompactionOptions, isForced: boolean, responseId: string | undefined) {
    this.#options = options;
    this.#isForced = isForced;
    this.#responseId = responseId;
  }

  async shorten(items: AgentInputItem[]): Promise<AgentInputItem[] | undefined> {
    if (!this.#isForced && !(await this.#isDue(items))) return undefined;
    const { client, model, shorten } = this.#options;
    const shortener = client ? byResponsesCompact(client, model) : shorten;
    const shortening = await shortenSettled(items, shortener);
    this.usage = shortening?.usage;
    return shortening?.items;
  }

  #isDue(items: AgentInputItem[]): boolean | Promise<boolean> {
    const { compactAfter, shouldTriggerCompaction = isLong } = this.#options;
    if (compactAfter !== undefined) return isLongerThan(compactAfter, items);
    return shouldTriggerCompaction({
      responseId: this.#responseId,
      compactionMode: 'input',
      compactionCandidateItems: items.filter((item) => !isUserMessage(item) && item.type !== 'compaction'),
      sessionItems: items,
    });
  }
}

/**
 * What the model must have been shown. Pending calls are not replaced; what stands before the latest compaction is never
 * shown to a model, see the SDK's `trimToLatestCompaction`.
 */
function shownItems(items: readonly AgentInputItem[]): AgentInputItem[] {
  const pending = pendingPlaces(items);
  const start = items.findLastIndex(({ type }) => type === 'compaction');
  return items.filter((_, place) => place >= start && !pending.has(place));
}

function isLong({ compactionCandidateItems }: { readonly compactionCandidateItems: unknown[] }): boolean {
  return compactionCandidateItems.length >= DEFAULT_THRESHOLD;
}

function isUserMessage(item: AgentInputItem): boolean {
  return 'role' in item && item.role === 'user';
}
