import { randomUUID } from 'node:crypto';
import type { AgentInputItem } from '@openai/agents';
import type { Connected, Contestant, Conversation } from '../contestants/contestant';
import type { Meter } from '../measure/meter';
import { inAppendsOf, ITEMS_PER_TURN } from '../workload/turns';

/** A contestant in its place. */
export interface Entrant {
  readonly contestant: Omit<Contestant<never>, 'connect'>;
  /** The straight way to the server, for what is not measured. */
  readonly direct: Connected;
  /** The way that is measured, which may be longer. */
  readonly measured: Connected;
  /** Of what went the measured way, where the server bills. */
  readonly meter?: Meter;
}

/** A server with contestants connected to it, under the conditions asked for. */
export interface Arena {
  readonly entrants: readonly Entrant[];
  /** Forgets all conversations, so that the server's memory stays small. */
  readonly sweep: () => Promise<unknown>;
  readonly close: () => Promise<void>;
}

export interface Seeded {
  readonly id: string;
  readonly conversation: Conversation;
}

/**
 * Begins a conversation with this history, as if by turns. It has been read once, so whoever remembers does.
 *
 * @returns undefined where it does not fit in one value
 */
export async function seeded(
  { contestant, direct, measured }: Entrant,
  history: readonly AgentInputItem[],
  itemsPerAppend = ITEMS_PER_TURN,
): Promise<Seeded | undefined> {
  const id = randomUUID();
  const seed = direct.open(id);
  const { isOneValue = false } = contestant;
  try {
    // One value is the same however it came about, and putting it together takes long.
    const appends = isOneValue && history.length > 0 ? [[...history]] : inAppendsOf(itemsPerAppend, history);
    for (const items of appends) await seed.append(items);
  } catch (error) {
    if (isOneValue) return undefined;
    throw error;
  }
  const conversation = measured.open(id);
  await readWhole(conversation, history.length);
  return { id, conversation };
}

/** @throws where it is not as long as it must be: what loses items takes no part. */
export async function readWhole(conversation: Conversation, expected: number): Promise<void> {
  const { length } = await conversation.readAll();
  if (length !== expected) throw new Error(`read ${length} items where ${expected} were written`);
}
