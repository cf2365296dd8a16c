import type { NodeRedisClient } from '../../src';

interface Client extends NodeRedisClient {
  hSet(key: string, field: string, value: Buffer): Promise<unknown>;
}

/** The numbers of the field `state`, in their order, with their bytes: docs/architecture.md gives the layout. */
const NUMBERS = [
  ['format', 1],
  ['bytes', 5],
  ['shrunk', 7],
  ['count', 2],
  ['others', 2],
  ['turned', 7],
  ['forgotten', 7],
  ['sequenceNumber', 7],
  ['length', 4],
] as const;

export type State = Record<(typeof NUMBERS)[number][0], number> & { readonly id: string };

/** Also of what is no state: what is missing is 0. */
export function parseState(field: Buffer): State {
  let offset = 0;
  const numbers = NUMBERS.map(([name, bytes]) => {
    const value = field.subarray(offset, (offset += bytes));
    return [name, value.reduce((sum, byte) => sum * 256 + byte, 0)];
  });
  return { ...Object.fromEntries(numbers), id: field.toString('latin1', offset) } as State;
}

export function packState(state: State): Buffer {
  const numbers = NUMBERS.map(([name, bytes]) => packNumber(state[name], bytes));
  return Buffer.concat([...numbers, Buffer.from(state.id, 'latin1')]);
}

export function packNumber(value: number, bytes: number): Buffer {
  return Buffer.from(
    BigInt(value)
      .toString(16)
      .padStart(2 * bytes, '0')
      .slice(-2 * bytes),
    'hex',
  );
}

/** What the field of an idempotency key holds. */
export function packEntry(sequenceNumber: number, length: number, before: string): Buffer {
  return Buffer.concat([packNumber(sequenceNumber, 7), packNumber(length, 4), Buffer.from(before, 'latin1')]);
}

export async function stateOf(client: Client, meta: string): Promise<State> {
  const commands = client.withCommandOptions({ typeMapping: { 36: Buffer }, timeout: 0 });
  const [field] = (await commands.hmGet(meta, ['state'])) as (Buffer | null)[];
  return parseState(field ?? Buffer.alloc(0));
}

export async function changeState(client: Client, meta: string, change: Partial<State>): Promise<void> {
  await client.hSet(meta, 'state', packState({ ...(await stateOf(client, meta)), ...change }));
}
