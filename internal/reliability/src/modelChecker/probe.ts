import type { StoredHistory } from '@agent-sessions/session-core/store';
import type { DynamoDBSessionClient } from '@agent-sessions/session-dynamodb';
import type { Dice } from '../workload/dice';
import type { Item } from './expressions';
import type { SimulatedTable } from './table';
import { type Input, type Liberties, type Work } from './table';
import type { loadStore } from './storeSources';

/** What a reader sees of the table as it is. */
export type Sight = StoredHistory | { readonly failure: string };

const PLAIN: Omit<Liberties, 'dice'> = {
  pageRows: () => Infinity,
  tearsPages: false,
  unprocessed: 0,
  lagMs: () => 0,
  lagsAsOne: true,
};

/** Looks at the table with the store's own reader, at once, at any time, with any rows gone. */
export class Probe {
  readonly #store: ReturnType<ReturnType<typeof loadStore>['openWithClock']>;
  #clock = 0;
  #isGone: (row: Item) => boolean = () => false;

  constructor(
    { openWithClock }: ReturnType<typeof loadStore>,
    private readonly table: SimulatedTable,
    private readonly sessionId: string,
    private readonly dice: Dice,
  ) {
    const options = { client: this.#client(), tableName: 'sessions' };
    this.#store = openWithClock(options, () => this.#clock);
  }

  /** What a reader sees whose clock shows this time, when these rows are gone. */
  async look(clock: number, isGone: (row: Item) => boolean = () => false): Promise<Sight> {
    this.#clock = clock;
    this.#isGone = isGone;
    try {
      return await this.#store.read(this.sessionId);
    } catch (error) {
      return { failure: error instanceof Error ? error.message : String(error) };
    }
  }

  #client(): DynamoDBSessionClient {
    const send = async (command: { readonly input: Input }): Promise<unknown> => {
      const name = command.constructor.name.replace(/Command$/, '');
      const work: Work = this.table
        .view(this.#isGone)
        .begin(name, command.input, { ...PLAIN, dice: this.dice });
      while (work.step());
      return Promise.resolve(work.output);
    };
    return { send };
  }
}
