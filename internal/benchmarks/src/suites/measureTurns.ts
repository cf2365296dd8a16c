import type { AgentInputItem } from '@openai/agents';
import type { Conversation } from '../contestants/contestant';
import { difference, type Units } from '../measure/meter';
import { rotate, timed } from '../measure/rotate';
import { summarize, type Summary } from '../measure/statistics';
import { conversation, inAppendsOf, ITEMS_PER_TURN } from '../workload/turns';
import { readWhole, seeded, type Arena, type Entrant, type Seeded } from './arena';

export interface TurnFigures {
  readonly entrant: Entrant;
  readonly read: Summary;
  readonly append: Summary;
  readonly turn: Summary;
  /** Of one turn, on average. */
  readonly units: Units;
}

const MOST_WARM_UP = 40;
const NO_UNITS: Units = { requests: 0, read: 0, write: 0 };

/** Turns on a history that stays as long as it is, give or take a tenth: reading all, then appending two items, in ms. */
export async function measureTurns(
  arena: Arena,
  history: number,
  rounds: number,
  onRound: (round: number) => void,
): Promise<TurnFigures[]> {
  const stored = conversation(history);
  const turns = inAppendsOf(ITEMS_PER_TURN, conversation(32, 77));
  const turnsOfOne = Math.max(1, Math.floor(history / 10 / ITEMS_PER_TURN));
  const warmUp = Math.min(MOST_WARM_UP, Math.ceil(rounds / 4));
  const running = arena.entrants.map((entrant) => new Running(entrant));
  await rotate(running, warmUp + rounds, async (one, round) => {
    if (round % turnsOfOne === 0) one.begin(await seeded(one.entrant, stored), history);
    await one.turn(turns[round % turns.length] ?? [], round >= warmUp);
    onRound(round);
  });
  await arena.sweep();
  return running.map((one) => one.figures);
}

class Running {
  readonly #reads: number[] = [];
  readonly #appends: number[] = [];
  #units = NO_UNITS;
  #conversation: Conversation | undefined;
  #length = 0;

  constructor(readonly entrant: Entrant) {}

  begin(seeded: Seeded | undefined, length: number): void {
    this.#conversation = seeded?.conversation;
    this.#length = length;
  }

  async turn(items: AgentInputItem[], counts: boolean): Promise<void> {
    const conversation = this.#conversation;
    if (conversation === undefined) return;
    const before = this.entrant.meter?.units ?? NO_UNITS;
    const read = await timed(() => readWhole(conversation, this.#length));
    const append = await timed(() => conversation.append(items));
    this.#length += items.length;
    if (!counts) return;
    this.#reads.push(read);
    this.#appends.push(append);
    const units = difference(this.entrant.meter?.units ?? NO_UNITS, before);
    this.#units = {
      requests: this.#units.requests + units.requests,
      read: this.#units.read + units.read,
      write: this.#units.write + units.write,
    };
  }

  get figures(): TurnFigures {
    const { length } = this.#reads;
    const turns = this.#reads.map((read, index) => read + (this.#appends[index] ?? NaN));
    const { requests, read, write } = this.#units;
    return {
      entrant: this.entrant,
      read: summarize(this.#reads),
      append: summarize(this.#appends),
      turn: summarize(turns),
      units: { requests: requests / length, read: read / length, write: write / length },
    };
  }
}
