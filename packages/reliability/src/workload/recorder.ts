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
  'addItems' | 'popItem' | 'getItems' | 'clearSession' | 'applyHistoryTransaction'
>;

type What<O> = O extends Operation ? Omit<O, 'client' | 'from' | 'until'> : never;

let calls = 0;

/**
 * One client of a session, whose calls are recorded. A call that fails as it may under faults returns undefined, and its
 * error is counted; any other error is a defect, and thrown.
 */
export class RecordedSession {
  constructor(
    readonly client: string,
    private readonly session: RecordedSessionMethods,
    private readonly sink: HistorySink,
    private readonly errors: Tally,
  ) {}

  async add(items: readonly Item[]): Promise<true | undefined> {
    return this.#record({ verb: 'add', items }, async () => {
      await this.session.addItems(items.map(toAgentItem));
      return {};
    });
  }

  async pop(): Promise<true | undefined> {
    return this.#record({ verb: 'pop' }, async () => {
      const item = await this.session.popItem();
      return { popped: item && toItem(item) };
    });
  }

  async get(limit?: number): Promise<readonly Item[] | undefined> {
    let read: readonly Item[] = [];
    const done = await this.#record({ verb: 'get', limit, items: [] }, async () => {
      read = (await this.session.getItems(limit)).map(toItem);
      return { items: read };
    });
    return done && read;
  }

  async clear(): Promise<true | undefined> {
    return this.#record({ verb: 'clear' }, async () => {
      await this.session.clearSession();
      return {};
    });
  }

  async transact(
    operationId: string,
    expected: readonly Item[],
    append: readonly Item[],
  ): Promise<true | undefined> {
    const items = append.map(toAgentItem);
    const what = { verb: 'transaction', operationId, expected, append, result: 'applied' } as const;
    return this.#record(what, async () => {
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

  async #record(what: What<Operation>, action: () => Promise<Partial<Operation>>): Promise<true | undefined> {
    const call = `${process.pid}/${calls++}`;
    const started = { ...what, client: this.client, from: clock(), until: Infinity } as Operation;
    this.sink.called(call, started);
    const returned = (result: object): void =>
      this.sink.returned(call, { ...started, ...result, until: clock() } as Operation);
    try {
      returned(await action());
      return true;
    } catch (error) {
      if (!SessionError.is(error)) throw error;
      this.errors.add(error.code);
      const result = MISMATCHES[error.code];
      if (result) returned({ result });
      else if (UNCHANGED.has(error.code)) this.sink.returned(call, undefined);
      else if (!UNKNOWN.has(error.code)) throw error;
      return undefined;
    }
  }
}

/** Nanoseconds by a clock that all processes of the machine share. */
export function clock(): number {
  return Number(process.hrtime.bigint());
}
