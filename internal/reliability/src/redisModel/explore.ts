import { startRedis } from '@agent-sessions/engines';
import { createClient } from 'redis';
import { Dice } from '../workload/dice';
import { Tally } from '../workload/tally';
import { KEY_PREFIX, Schedule } from './schedule';
import { Scripts, type Mutant } from './scripts';
import { Violation } from './violation';
import { WatchedSession, type ModelClient } from './watchedSession';

/** Schedules at a time: each waits between its tries. */
const ABREAST = 16;

export interface Exploration {
  readonly firstSeed: number;
  readonly schedules: number;
  readonly mutant?: Mutant;
  readonly figures?: Tally;
}

/** What was found, told so that it can be followed step by step. */
export interface Finding {
  readonly seed: number;
  readonly what: string;
  readonly log: readonly string[];
}

/** A server of its own, on which schedules are run. */
export class Explorer {
  static async open(): Promise<Explorer> {
    const server = await startRedis({});
    const client = createClient({ url: server.url });
    client.on('error', () => undefined);
    await client.connect();
    return new Explorer(client, async () => {
      client.destroy();
      await server.stop();
    });
  }

  #explorations = 0;

  private constructor(
    private readonly client: ModelClient,
    readonly close: () => Promise<void>,
  ) {}

  /** Runs schedules until all are done, or one has found something. */
  async explore(exploration: Exploration): Promise<Finding | undefined> {
    const { mutant, figures = new Tally(), firstSeed, schedules } = exploration;
    const place = { client: this.client, scripts: new Scripts(mutant), name: `${++this.#explorations}` };
    let next = firstSeed;
    let finding: Finding | undefined;
    const goOn = async (): Promise<void> => {
      while (finding === undefined && next < firstSeed + schedules) {
        const found = await follow(next++, place, figures);
        finding ??= found;
      }
    };
    await Promise.all(Array.from({ length: ABREAST }, goOn));
    if (mutant !== undefined && !place.scripts.mutated) throw new Error(`no script has: ${mutant.find}`);
    return finding;
  }
}

interface Place {
  readonly client: ModelClient;
  readonly scripts: Scripts;
  readonly name: string;
}

async function follow(
  seed: number,
  { client, scripts, name }: Place,
  figures: Tally,
): Promise<Finding | undefined> {
  const session = new WatchedSession(client, KEY_PREFIX, `${name} ${seed}`);
  const schedule = new Schedule({ client, scripts, session, sent: [] }, new Dice(seed), figures);
  try {
    await schedule.run();
    figures.add('schedules');
    figures.add('changes', session.changes);
    await session.remove();
    return undefined;
  } catch (error) {
    if (!(error instanceof Violation)) throw error;
    return { seed, what: error.message, log: schedule.log };
  }
}
