import { connect, createServer, type AddressInfo, type Socket } from 'node:net';
import { setTimeout as pause } from 'node:timers/promises';
import { seededRandom } from './random';

/** What goes wrong with one request, and so with the connection that it came on. */
export type Fault =
  /** The server never sees it: the connection is cut at once. */
  | 'cut'
  /** The server sees the first part of it, then the connection is cut. */
  | 'cut-request'
  /** The server acts; its answer is dropped and the connection cut. */
  | 'swallow'
  /** The server acts; its answer is dropped, and so is all that it says later on this open connection. */
  | 'hang'
  /** The client sees the first part of the answer, then the connection is cut. */
  | 'cut-answer'
  /** The answer comes in up to 20 pieces, each in a packet of its own. */
  | 'split'
  /** The request arrives this many milliseconds late, and all behind it on the connection. */
  | { readonly delayMs: number };

/**
 * Decides what goes wrong with a request: one chunk of bytes as it came from a client. Several pipelined commands may
 * share a chunk, and a large one may take several; a fault of an earlier chunk whose answer is due still counts.
 */
export type FaultPlan = (request: Buffer, connection: number) => Fault | undefined;

export interface FaultProxy {
  readonly host: string;
  readonly port: number;
  /** Takes the place of the last plan for all that follows. */
  plan: FaultPlan;
  /** How many requests met each fault; `pass` those that met none. */
  readonly counts: ReadonlyMap<string, number>;
  /** Cuts every open connection. */
  readonly cutAll: () => void;
  readonly stop: () => Promise<void>;
}

/** A TCP proxy before a server, which passes everything on until it is given a plan. */
export async function startFaultProxy(
  target: { readonly host: string; readonly port: number },
  plan: FaultPlan = () => undefined,
): Promise<FaultProxy> {
  const links = new Set<Link>();
  const counts = new Map<string, number>();
  let opened = 0;

  const server = createServer({ noDelay: true }, (client) => {
    const connection = opened++;
    const link = new Link(client, connect({ ...target, noDelay: true }), (request) => {
      const fault = proxy.plan(request, connection);
      const name = typeof fault === 'object' ? 'delay' : (fault ?? 'pass');
      counts.set(name, (counts.get(name) ?? 0) + 1);
      return fault;
    });
    links.add(link);
    client.once('close', () => links.delete(link));
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject).listen(0, '127.0.0.1', resolve);
  });
  server.unref();

  const cutAll = (): void => {
    for (const link of links) link.cut();
  };
  const proxy: FaultProxy = {
    host: '127.0.0.1',
    port: (server.address() as AddressInfo).port,
    plan,
    counts,
    cutAll,
    stop: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        cutAll();
      }),
  };
  return proxy;
}

export interface FaultRates {
  readonly cut?: number;
  readonly cutRequest?: number;
  readonly swallow?: number;
  readonly hang?: number;
  readonly cutAnswer?: number;
  readonly split?: number;
  readonly delay?: number;
  /** The longest delay, in milliseconds. Default 50. */
  readonly maxDelayMs?: number;
}

/** A plan by chance: each rate is the share of requests that meet the fault. The same seed draws the same numbers. */
export function faultsAtRandom(seed: number, rates: FaultRates): FaultPlan {
  const random = seededRandom(seed);
  const faults: [number | undefined, () => Fault][] = [
    [rates.cut, () => 'cut'],
    [rates.cutRequest, () => 'cut-request'],
    [rates.swallow, () => 'swallow'],
    [rates.hang, () => 'hang'],
    [rates.cutAnswer, () => 'cut-answer'],
    [rates.split, () => 'split'],
    [rates.delay, () => ({ delayMs: Math.ceil(random() * (rates.maxDelayMs ?? 50)) })],
  ];
  return () => {
    let draw = random();
    for (const [rate = 0, fault] of faults) {
      if (draw < rate) return fault();
      draw -= rate;
    }
    return undefined;
  };
}

/** One client's connection, and ours to the server. */
class Link {
  /** What becomes of the server's next bytes. */
  private answerFault: 'swallow' | 'hang' | 'cut-answer' | 'split' | undefined;
  /** Chunks pass one after the other, so that a delayed one is not overtaken. */
  private requests = Promise.resolve();
  private answers = Promise.resolve();
  /** Once a part of something was sent, nothing may follow: a connection that breaks loses its end, never its middle. */
  private isBreaking = false;

  constructor(
    private readonly client: Socket,
    private readonly server: Socket,
    private readonly faultOf: (request: Buffer) => Fault | undefined,
  ) {
    client.on('data', (chunk) => {
      this.requests = this.requests.then(() => this.passRequest(chunk));
    });
    server.on('data', (chunk) => {
      this.answers = this.answers.then(() => this.passAnswer(chunk));
    });
    client.on('end', () => void this.requests.then(() => server.end()));
    server.on('end', () => void this.answers.then(() => client.end()));
    client.on('close', () => server.destroy());
    for (const socket of [client, server]) socket.on('error', () => this.cut());
  }

  cut(): void {
    this.client.destroy();
    this.server.destroy();
  }

  private async passRequest(request: Buffer): Promise<void> {
    if (this.isBreaking) return;
    const fault = this.faultOf(request);
    if (fault === 'cut') {
      this.cut();
    } else if (fault === 'cut-request') {
      this.isBreaking = true;
      this.server.write(firstPart(request), () => this.cut());
    } else if (typeof fault === 'object') {
      await pause(fault.delayMs);
      this.server.write(request);
    } else {
      // Those that end the connection stay; a split one is over with its answer.
      if (this.answerFault === undefined || this.answerFault === 'split') this.answerFault = fault;
      this.server.write(request);
    }
  }

  private async passAnswer(answer: Buffer): Promise<void> {
    if (this.isBreaking) return;
    if (this.answerFault === 'swallow') {
      this.cut();
    } else if (this.answerFault === 'cut-answer') {
      this.isBreaking = true;
      this.client.write(firstPart(answer), () => this.cut());
    } else if (this.answerFault === 'split') {
      const size = Math.ceil(answer.length / PIECES);
      for (let start = 0; start < answer.length; start += size) {
        this.client.write(answer.subarray(start, start + size));
        // Written in one go, they would leave in one packet.
        await pause(1);
      }
    } else if (this.answerFault === undefined) {
      this.client.write(answer);
    }
  }
}

const PIECES = 20;

function firstPart(bytes: Buffer): Buffer {
  return bytes.subarray(0, bytes.length >> 1);
}
