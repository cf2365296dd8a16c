import type { protocol } from '@openai/agents';
import { SessionError, type SessionErrorCode, type StoredSession } from '@agent-sessions/session-core';
import type { Item, Operation, Transaction } from '../checker/history';
import type { HistorySink } from './history';
import { toAgentItem, toItem } from './items';
import type { Tally } from './tally';

/** After these a change may have been made, whole, or may be made yet; see docs/errors.md. */
const UNKNOWN: ReadonlySet<string> = new Set<SessionErrorCode>(['TIMEOUT', 'ABORTED', 'STORE_UNAVAILABLE']);
/** After these nothing changed. */
const UNCHANGED: ReadonlySet<string> = new Set<SessionErrorCode>(['CONFLICT', 'CONTENTION']);
/** After these nothing changed either, and they tell of what is stored. */
const MISMATCHES: Readonly<Partial<Record<SessionErrorCode, Transaction['result']>>> = {
  SUFFIX_MISMATCH: 'suffix-mismatch',
  OPERATION_MISMATCH: 'operation-mismatch',
};

export type RecordedSessionMethods = Pick<
  StoredSession,
  | 'addItems'
  | 'popItem'
  | 'getItems'
  | 'clearSession'
  | 'applyHistoryTransaction'
  | 'applyHistoryMutations'
  | 'rewriteHistory'
>;

type What<O> = O extends Operation ? Omit<O, 'client' | 'from' | 'until'> : never;

/** What is known of a call once it is over: undefined where it changed nothing. */
type Outcome = Partial<Operation> | undefined;

let calls = 0;

/**
 * One client of a session, whose calls are recorded. A call that fails as it may under faults just returns, and its error is
 * counted; any other error is a defect, and thrown.
 */
export class RecordedSession {
  constructor(
    readonly client: string,
    private readonly session: RecordedSessionMethods,
    private readonly sink: HistorySink,
    private readonly errors: Tally,
  ) {}

  async add(items: readonly Item[]): Promise<void> {
    await this.#record({ verb: 'add', items }, async () => {
      await this.session.addItems(items.map(toAgentItem));
      return {};
    });
  }

  async pop(): Promise<void> {
    await this.#record({ verb: 'pop' }, async () => {
      const item = await this.session.popItem();
      return { popped: item && toItem(item) };
    });
  }

  /** Empty where the read failed. */
  async get(limit?: number): Promise<readonly Item[]> {
    let items: readonly Item[] = [];
    await this.#record({ verb: 'get', limit, items }, async () => {
      items = (await this.session.getItems(limit)).map(toItem);
      return { items };
    });
    return items;
  }

  async clear(): Promise<void> {
    await this.#record({ verb: 'clear' }, async () => {
      await this.session.clearSession();
      return {};
    });
  }

  async transact(operationId: string, expected: readonly Item[], append: readonly Item[]): Promise<void> {
    const items = append.map(toAgentItem);
    const what = { verb: 'transaction', operationId, expected, append, result: 'applied' } as const;
    await this.#record(what, async () => {
      await this.session.applyHistoryTransaction({
        operationId,
        transaction:
          expected.length === 0
            ? { type: 'append_items', items }
            : {
                type: 'replace_suffix',
                expectedSuffix: expected.map(toAgentItem),
                replacement: items,
              },
      });
      return {};
    });
  }

  /** Puts one item in the place of so many of the oldest. */
  async compact(by: Item, howMany: (length: number) => number): Promise<void> {
    await this.#record(undefined, async (begin) => {
      const { status } = await this.session.rewriteHistory((agentItems) => {
        if (agentItems.length === 0) return undefined;
        const items = agentItems.map(toItem);
        const count = howMany(items.length);
        begin({ verb: 'compact', replaced: items.slice(0, count), kept: items.slice(count), by });
        return [toAgentItem(by), ...agentItems.slice(count)];
      });
      return status === 'rewritten' ? {} : undefined;
    });
  }

  async rewrite(original: Item, by: Item): Promise<void> {
    await this.#record({ verb: 'rewrite', original, by }, async () => {
      const replacement = toAgentItem(by) as protocol.FunctionCallItem;
      await this.session.applyHistoryMutations({
        mutations: [{ type: 'replace_function_call', callId: original, replacement }],
      });
      return {};
    });
  }

  /** @param what Undefined where that is known only later, by `begin`, and nothing changes before. */
  async #record(
    what: What<Operation> | undefined,
    action: (begin: (what: What<Operation>) => void) => Promise<Outcome>,
  ): Promise<void> {
    const call = `${process.pid}/${calls++}`;
    const from = clock();
    let started: Operation | undefined;
    const begin = (what: What<Operation>): void => {
      started = { ...what, client: this.client, from, until: Infinity };
      this.sink.called(call, started);
    };
    const returned = (outcome: Outcome): void => {
      const operation = started && outcome && ({ ...started, ...outcome, until: clock() } as Operation);
      this.sink.returned(call, operation);
    };
    if (what) begin(what);
    try {
      returned(await action(begin));
    } catch (error) {
      if (!SessionError.is(error)) throw error;
      const result = MISMATCHES[error.code];
      if (UNCHANGED.has(error.code)) {
        this.errors.add(`${error.code} of ${what?.verb ?? 'compact'}`);
        returned(undefined);
        return;
      }
      this.errors.add(error.code);
      if (result) returned({ result });
      else if (!UNKNOWN.has(error.code)) throw error;
    }
  }
}

/** Nanoseconds by a clock that all processes of the machine share. */
export function clock(): number {
  return Number(process.hrtime.bigint());
}
