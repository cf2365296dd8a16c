import type { AgentInputItem } from '@openai/agents';
import { DYNAMODB_CONTESTANTS } from '../contestants/dynamodb';
import { IDLE } from '../measure/conditions';
import { difference, type Units } from '../measure/meter';
import { dollarsFor } from '../measure/prices';
import { lines, type Point } from '../report/charts';
import { dollars, whole } from '../report/numbers';
import type { Section } from '../report/section';
import { conversation, inAppendsOf, ITEMS_PER_TURN } from '../workload/turns';
import { readWhole, type Entrant } from './arena';
import { openDynamoDB } from './dynamodbArena';
import type { Suite } from './suite';

/** Of those whose reads do not depend on earlier ones, one of so many turns reads, in the middle, and counts for all of them. */
const READ_EVERY = 10;

interface Bill {
  readonly name: string;
  /** After each turn, from the first on. */
  readonly dollars: number[];
  read: number;
  write: number;
  isComplete: boolean;
}

/** What one conversation costs, from its first turn to its last. */
export const dynamodbConversation: Suite = {
  name: 'dynamodb conversation',
  run: async ({ scale, progress }) => {
    const turns = inAppendsOf(ITEMS_PER_TURN, conversation(scale.growthTurns * ITEMS_PER_TURN));
    const arena = await openDynamoDB(DYNAMODB_CONTESTANTS, IDLE);
    try {
      const bills: Bill[] = [];
      for (const entrant of arena.entrants) {
        progress.step(`DynamoDB, what ${turns.length} turns cost: ${entrant.contestant.name}`);
        bills.push(await billOf(entrant, turns, (turn) => progress.at(turn, turns.length)));
      }
      return section(bills, turns.length);
    } finally {
      await arena.close();
    }
  },
};

async function billOf(
  { contestant, measured, meter }: Entrant,
  turns: readonly AgentInputItem[][],
  onTurn: (turn: number) => void,
): Promise<Bill> {
  const conversation = measured.open('bill');
  const bill: Bill = { name: contestant.name, dollars: [], read: 0, write: 0, isComplete: false };
  const unitsOf = async (action: () => Promise<unknown>): Promise<Units> => {
    const before = meter?.units ?? { requests: 0, read: 0, write: 0 };
    await action();
    return difference(meter?.units ?? before, before);
  };
  const readEvery = contestant.remembers === true ? 1 : READ_EVERY;
  for (const [number, items] of turns.entries()) {
    if (number % readEvery === Math.floor(readEvery / 2)) {
      const { read, write } = await unitsOf(() => readWhole(conversation, number * ITEMS_PER_TURN));
      bill.read += read * readEvery;
      bill.write += write * readEvery;
    }
    try {
      const ofAppend = await unitsOf(() => conversation.append(items));
      bill.read += ofAppend.read;
      bill.write += ofAppend.write;
    } catch (error) {
      // The conversation no longer fits.
      if (contestant.isOneValue) return bill;
      throw error;
    }
    bill.dollars.push(dollarsFor(bill));
    onTurn(number);
  }
  bill.isComplete = true;
  return bill;
}

function section(bills: readonly Bill[], turns: number): Section {
  const points: Point[] = bills.flatMap(({ name, dollars }) =>
    dollars
      .map((y, index) => ({ contestant: name, x: index + 1, y: y * 1_000 }))
      .filter(({ x }) => x % Math.max(1, Math.floor(turns / 100)) === 0),
  );
  return {
    title: `DynamoDB: what a conversation of ${turns.toLocaleString('en-US')} turns costs`,
    text:
      'Each turn reads the history so far and appends two items. On-demand prices of us-east-1: $0.125 for a million read ' +
      'units, $0.625 for a million write units. Of contestants that read everything each time, every tenth read was made ' +
      'and counted ten times.',
    tables: [
      {
        columns: ['', 'turns', 'read units', 'write units', 'a thousand such conversations'],
        rows: bills.map(({ name, dollars: spent, read, write, isComplete }) => [
          name,
          isComplete ? whole(spent.length) : `${whole(spent.length)}, then it is full`,
          whole(read),
          whole(write),
          dollars(dollarsFor({ read, write }) * 1_000),
        ]),
      },
    ],
    charts: [
      {
        name: 'dynamodb-conversation',
        alt: 'What a thousand conversations on DynamoDB have cost, by turns',
        spec: lines(
          'DynamoDB: what a thousand conversations have cost so far',
          points,
          { x: 'turns so far', y: 'dollars' },
          'log',
        ),
      },
    ],
    highlights: [
      `DynamoDB, a thousand conversations of ${turns.toLocaleString('en-US')} turns: ${bills
        .filter(({ isComplete }) => isComplete)
        .map(({ name, read, write }) => `${name} ${dollars(dollarsFor({ read, write }) * 1_000)}`)
        .join(', ')}.`,
    ],
  };
}
