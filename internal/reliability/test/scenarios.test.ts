import { SCENARIOS } from '../src/scenarios';
import { UNDECIDED } from '../src/scenarios/verdicts';
import { Dice } from '../src/workload/dice';
import { Tally } from '../src/workload/tally';

/*
 * The short, fixed slice of what `npm run soak` does for as long as one likes. A scenario fails by itself when it finds
 * something; what is expected here is that it had something to find, and tried.
 */
const SEED = 20_260;
/** By scenario: what must have happened in it. */
const FELT: Readonly<Record<string, readonly string[]>> = {
  'lost answers': ['network: swallow', 'network: cut-answer'],
  'broken network': ['cut', 'cut-request', 'swallow', 'cut-answer', 'split', 'delay'].map(
    (fault) => `network: ${fault}`,
  ),
  'scripts flushed, clients hung up on, server paused': [
    'strike: SCRIPT FLUSH',
    'strike: CLIENT KILL',
    'strike: CLIENT PAUSE',
    'server: NOSCRIPT',
  ],
  'READONLY and OOM for now': ['server: READONLY', 'server: OOM'],
  'READONLY and OOM beyond the time limit': ['server: READONLY', 'server: OOM', 'error: STORE_UNAVAILABLE'],
  'a server that is silent beyond the time limit': ['error: TIMEOUT', 'changes of unknown outcome'],
  'server killed, with AOF always': [
    'strike: kill -9 of the server',
    'strike: kill -9 of the server, then LOADING',
    'server: LOADING',
  ],
  'throttled, in conflict, or out of order now and then': [
    'server: ProvisionedThroughputExceededException before the deed',
    'server: ThrottlingException before the deed',
    'server: TransactionConflictException before the deed',
    'server: InternalServerError after the deed',
    'server: part of the batch',
  ],
  'throttled beyond the time limit': ['error: STORE_UNAVAILABLE'],
  'writers killed': ['processes killed', 'sessions cleaned up'],
  'calls aborted and timed out': ['error: ABORTED', 'error: TIMEOUT'],
  '50 sessions of 20 writers': ['requests'],
  'one hot session of 16 writers': ['requests'],
  expiry: ['sessions that expired', 'deadlines moved close'],
  'expiry, and rows deleted in part': ['sessions that expired', 'rows that the server deleted'],
  'a life of many times to live': ['rows that the server deleted'],
  'schedules of losses, evictions and stale replicas': [
    'retries whose ids were forgotten',
    'step: the hash is lost',
    'step: a stale replica takes over',
  ],
};

const cases = SCENARIOS.flatMap((scenario) => scenario.backends.map((backend) => ({ scenario, backend })));

test.each(cases.map((each) => [`${each.backend}: ${each.scenario.name}`, each] as const))(
  '%s',
  async (_name, { scenario, backend }) => {
    const figures = new Tally();
    await scenario.run(backend, 'short', { dice: new Dice(SEED), figures });
    const checked = figures.get('sessions checked');
    expect(checked).toBeGreaterThan(0);
    // The slower the machine, the more calls overlap, and the more orders of them there are to try.
    expect(figures.get(UNDECIDED)).toBeLessThanOrEqual(checked / 4);
    expect(FELT[scenario.name]?.filter((what) => figures.get(what) === 0)).toEqual([]);
  },
);
