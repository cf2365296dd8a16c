import type { DynamoDBSessionClient } from '@agent-sessions/session-dynamodb';
import type { Dice } from '../workload/dice';
import type { Call, Process } from './call';
import type { Item } from './expressions';
import type { Input, Liberties, SimulatedTable, TableNames, Work } from './table';
import { brief, type Trace } from './trace';
import type { VirtualTime } from './virtualTime';

type Fate =
  'answered' | 'lost' | 'answer lost' | 'refused' | 'failed after the deed' | 'doubled' | 'late' | 'hangs';

/** What becomes of requests. */
export interface Weather {
  readonly fates: Readonly<Record<Fate, number>>;
  readonly delays: Readonly<Record<keyof typeof DELAYS_MS, number>>;
}

/** How long a request or an answer takes at most. The longest takes as long as its call waits, and some seconds. */
const DELAYS_MS = { short: 8, long: 300, veryLong: 5_000, longest: 15_000 };
const SOME_SECONDS = 10_000;

/** With the status of the answer. */
const REFUSALS: Readonly<Record<string, number>> = {
  ThrottlingException: 400,
  ProvisionedThroughputExceededException: 400,
  InternalServerError: 500,
  ServiceUnavailable: 503,
};

interface Request {
  readonly name: string;
  readonly command: string;
  readonly input: Input;
  readonly call: Call;
  readonly dice: Dice;
}

export interface NetworkOptions {
  readonly time: VirtualTime;
  readonly table: SimulatedTable;
  readonly weather: Weather;
  readonly liberties: Omit<Liberties, 'dice'>;
  readonly trace: Trace;
  /** Before a request does something in the table: DynamoDB may delete rows then. */
  readonly beforeLanding: () => Promise<void>;
  /** After a request, or a step of it, changed something in the table. */
  readonly onLanding: (call: Call) => Promise<void>;
}

/** Between processes and table: what is sent is lost, doubled and delayed here. */
export class Network {
  readonly #options: NetworkOptions;
  #requests = 0;

  constructor(options: NetworkOptions) {
    this.#options = options;
  }

  client(process: () => Process): DynamoDBSessionClient {
    const send = async (
      command: { readonly input: Input },
      options?: { readonly abortSignal?: AbortSignal },
    ): Promise<unknown> => this.#send(process(), command, options?.abortSignal);
    return { send } as unknown as DynamoDBSessionClient;
  }

  async #send(process: Process, command: { readonly input: Input }, signal?: AbortSignal): Promise<unknown> {
    if (process.isDead) return new Promise(() => undefined);
    const { time, trace, weather } = this.#options;
    const call = time.context as Call;
    const request: Request = {
      name: `r${++this.#requests}`,
      command: command.constructor.name.replace(/Command$/, ''),
      input: command.input,
      call,
      dice: call.dice,
    };
    trace.add(() => `${call.name}: sends ${describe(request)}`);
    const fate = request.dice.weighted(weather.fates);
    return new Promise((resolve, reject) => {
      const answer = (result: unknown, error: Error | undefined): void => {
        signal?.removeEventListener('abort', onAbort);
        if (process.isDead) return;
        trace.add(
          () => `${call.name}: learns of ${request.name} ${error ? shortError(error) : brief(result)}`,
        );
        if (error) reject(error);
        else resolve(result);
      };
      const onAbort = (): void => {
        reject(Object.assign(new Error('Request aborted'), { name: 'AbortError' }));
      };
      if (signal?.aborted) {
        onAbort();
        return;
      }
      signal?.addEventListener('abort', onAbort, { once: true });
      this.#carry(request, fate, answer);
    });
  }

  #carry(request: Request, fate: Fate, answer: (result: unknown, error?: Error) => void): void {
    const { time } = this.#options;
    const { dice } = request;
    const later = (run: () => unknown): void => void time.after(this.#delay(request), run);
    const land = (then: (result: unknown, error?: Error) => void, extraMs = 0): void => {
      time.after(this.#delay(request) + extraMs, () => this.#land(request, then));
    };
    const ignore = (): void => undefined;
    switch (fate) {
      case 'answered':
        land((result, error) => later(() => answer(result, error)));
        return;
      case 'lost':
        later(() => answer(undefined, broken()));
        return;
      case 'answer lost':
        land(() => later(() => answer(undefined, broken())));
        return;
      case 'refused':
        later(() => answer(undefined, refusal(dice)));
        return;
      case 'failed after the deed':
        land(() => later(() => answer(undefined, serviceError('InternalServerError', 500))));
        return;
      case 'doubled': {
        const answersFirst = dice.happens(0.5);
        const first = answersFirst ? answer : ignore;
        const second = answersFirst ? ignore : answer;
        land((result, error) => {
          later(() => first(result, error));
          land((again, refused) => later(() => second(again, refused)));
        });
        return;
      }
      case 'late':
        later(() => {
          answer(undefined, broken());
          land(ignore, dice.integer(0, 1) * dice.integer(0, SOME_SECONDS));
        });
        return;
      case 'hangs':
        if (dice.happens(0.5)) land(ignore);
        return;
    }
  }

  /** One step now, the others soon. */
  async #land(request: Request, then: (result: unknown, error?: Error) => void): Promise<void> {
    const { table, trace, liberties } = this.#options;
    trace.add(() => `      ${request.name} of ${request.call.name} arrives: ${request.command}`);
    // Before it begins, not only before its first step: what it reads without consistency is what was there before.
    await this.#options.beforeLanding();
    await this.#step(
      request,
      table.begin(request.command, request.input, { ...liberties, dice: request.dice }),
      then,
    );
  }

  async #step(request: Request, work: Work, then: (result: unknown, error?: Error) => void): Promise<void> {
    const { table, time, trace, beforeLanding, onLanding } = this.#options;
    await beforeLanding();
    const before = table.changes;
    let isMore: boolean;
    try {
      isMore = work.step();
    } catch (error) {
      if (!isOfService(error)) throw error;
      trace.add(() => `      ${request.name} is refused: ${shortError(error)}`);
      then(undefined, error as Error);
      return;
    }
    if (table.changes > before) {
      const { rows } = table;
      trace.add(() => `      ${request.name} landed: ${describeRows(rows, table.names)}`);
      await onLanding(request.call);
    }
    if (isMore) time.after(request.dice.integer(0, 4), () => this.#step(request, work, then), request.call);
    else then(work.output);
  }

  #delay({ dice, call }: Request): number {
    const kind = dice.weighted(this.#options.weather.delays);
    const most = kind === 'longest' ? call.process.options.timeoutMs + SOME_SECONDS : DELAYS_MS[kind];
    return dice.integer(1, most);
  }
}

/** All rows, as a trace shows them. */
function describeRows(rows: readonly Item[], names: TableNames): string {
  const shown = rows.map((row) =>
    brief(Object.fromEntries(Object.entries(row).filter(([name]) => name !== names.partitionKey))),
  );
  return shown.length === 0
    ? 'the table is empty'
    : `the table holds\n${shown.map((row) => `          ${row}`).join('\n')}`;
}

function describe({ name, command, input }: Request): string {
  const told = Object.entries(input).filter(
    ([key, value]) => value !== undefined && !['TableName', 'ExpressionAttributeNames'].includes(key),
  );
  return `${name} ${command} ${told.map(([key, value]) => `${key}=${brief(value)}`).join(' ')}`;
}

function shortError(error: unknown): string {
  const { name, Item: item } = error as { name?: unknown; Item?: unknown };
  return `✗ ${String(name)}${item === undefined ? '' : `: there is ${brief(item)}`}`;
}

function isOfService(error: unknown): boolean {
  return (error as { $fault?: unknown }).$fault !== undefined;
}

function broken(): Error {
  return Object.assign(new Error('socket hang up'), { code: 'ECONNRESET' });
}

function refusal(dice: Dice): Error {
  const name = dice.pick(Object.keys(REFUSALS) as [string, ...string[]]);
  return serviceError(name, REFUSALS[name] ?? 500);
}

function serviceError(name: string, httpStatusCode: number): Error {
  return Object.assign(new Error(`${name} says no`), {
    name,
    $fault: httpStatusCode < 500 ? 'client' : 'server',
    $metadata: { httpStatusCode },
  });
}
