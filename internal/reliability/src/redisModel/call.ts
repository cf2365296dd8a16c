import { createHash } from 'node:crypto';
import type { HistoryChange } from '@agent-sessions/session-core/store';
import type { NodeRedisClient } from '@agent-sessions/session-redis';
import { IDS_PER_HALF, type Scripts } from './scripts';
import type { Delivery, ModelClient, Request, WatchedSession } from './watchedSession';

type ScriptCall = Parameters<ReturnType<NodeRedisClient['withCommandOptions']>['evalSha']>[1];
type CommandOptions = Parameters<NodeRedisClient['withCommandOptions']>[0];

/** What befalls the first message of a call. Either way its sender sees the connection break. */
export type Loss =
  /** The script runs, and its answer is lost. */
  | 'answer'
  /** It is on its way for now, and may arrive at any time. */
  | 'message';

/** A script as it was sent, which may arrive once more, or only later. */
interface Message {
  readonly request: Request;
  readonly arrive: () => Promise<unknown>;
}

/** What all calls of a schedule share. */
export interface Line {
  readonly client: ModelClient;
  readonly scripts: Scripts;
  readonly session: WatchedSession;
  readonly sent: Message[];
  /** What went wrong beneath a store, which takes every error for the network's. */
  failure?: { readonly error: unknown };
}

export interface CallPlan {
  /** Omitted: a read, whose messages nobody needs to judge. */
  readonly request?: { readonly kind: 'commit'; readonly change: HistoryChange } | { readonly kind: 'clear' };
  readonly loss?: Loss | undefined;
  /** What happens between the loss and the next try. */
  readonly meanwhile?: () => Promise<void>;
}

/** As node-redis says it. */
const CONNECTION_LOST = 'Socket closed unexpectedly';

/** One call of a store: the client that it is made on. */
export class Call {
  readonly deliveries: Delivery[] = [];
  #atLoss: { readonly changes: number; readonly misfortunes: number } | undefined;

  constructor(
    private readonly line: Line,
    private readonly plan: CallPlan = {},
  ) {}

  get client(): NodeRedisClient {
    return {
      isOpen: true,
      withCommandOptions: (options) =>
        Object.assign(this.line.client.withCommandOptions(options), {
          evalSha: (sha1: string, call: ScriptCall) => this.#trySend(sha1, call, options),
          eval: (lua: string, call: ScriptCall) => {
            this.line.scripts.learn(lua);
            return this.#trySend(createHash('sha1').update(lua).digest('hex'), call, options);
          },
        }),
    };
  }

  /** Whether an error may be the outcome. */
  get mayFail(): boolean {
    return this.#atLoss !== undefined;
  }

  /** Whether the change landed, its answer was lost, and so little happened since that it must be recognised. */
  get mustBeKnown(): boolean {
    const { changes, misfortunes } = this.line.session;
    return (
      this.plan.loss === 'answer' &&
      this.deliveries[0]?.hasLanded === true &&
      this.#atLoss?.misfortunes === misfortunes &&
      changes - this.#atLoss.changes <= IDS_PER_HALF
    );
  }

  async #trySend(sha1: string, call: ScriptCall, options: CommandOptions): Promise<unknown> {
    try {
      return await this.#send(sha1, call, options);
    } catch (error) {
      const message = error instanceof Error ? error.message : '';
      if (message === CONNECTION_LOST || message.startsWith('NOSCRIPT')) throw error;
      this.line.failure ??= { error };
      throw new TypeError('the model has failed', { cause: error }); // which no store tries again
    }
  }

  async #send(sha1: string, call: ScriptCall, options: CommandOptions): Promise<unknown> {
    const { client, scripts, session, sent } = this.line;
    const text = scripts.textOf(sha1);
    if (text === undefined) throw new Error('NOSCRIPT No matching script.');
    // What is under way is no longer the caller's, who may mark what it has not sent yet as given up.
    const bytes = call.arguments.map((value) => (typeof value === 'string' ? value : Buffer.from(value)));
    const sentCall = { keys: call.keys, arguments: bytes };
    const arrive = (): Promise<unknown> => client.withCommandOptions(options).eval(text, sentCall);
    const { request: asked, loss } = this.plan;
    if (asked === undefined) return arrive();

    const request: Request =
      asked.kind === 'clear' ? { kind: 'clear', id: String(call.arguments[0]) } : asked;
    sent.push({ request, arrive });
    const isFirst = this.#atLoss === undefined;
    if (loss === 'message' && isFirst) return this.#lose();
    const delivery = await session.deliver(request, arrive);
    this.deliveries.push(delivery);
    return loss === 'answer' && isFirst ? this.#lose() : delivery.reply;
  }

  async #lose(): Promise<never> {
    const { changes, misfortunes } = this.line.session;
    this.#atLoss = { changes, misfortunes };
    await this.plan.meanwhile?.();
    throw new Error(CONNECTION_LOST);
  }
}
