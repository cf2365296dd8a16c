import type { Session } from '@openai/agents';

/** What may go wrong with a write: it does not arrive, or its answer does not. */
export type Loss = 'the request' | 'the answer';

const WRITES: readonly (string | symbol)[] = [
  'addItems',
  'addItemsWithCompactionOwnership',
  'popItem',
  'clearSession',
  'applyHistoryTransaction',
  'applyHistoryMutations',
  'replaceHistoryWithCompaction',
];

/** The session, except that `lose` is asked before and after each of its writes, and may throw or end the process. */
export function withLosses<T extends Session>(
  session: T,
  lose: (loss: Loss, write: number, method: string) => void,
): T {
  let writes = 0;
  return new Proxy(session, {
    get(target, name) {
      const member: unknown = Reflect.get(target, name, target);
      if (typeof member !== 'function') return member;
      if (!WRITES.includes(name)) return member.bind(target) as unknown;
      return async (...args: unknown[]): Promise<unknown> => {
        const write = ++writes;
        lose('the request', write, String(name));
        const result: unknown = await (member as (...args: unknown[]) => unknown).apply(target, args);
        lose('the answer', write, String(name));
        return result;
      };
    },
  });
}
