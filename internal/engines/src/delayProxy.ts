import { connect, createServer, type AddressInfo, type Socket } from 'node:net';

export interface DelayProxy {
  readonly host: string;
  readonly port: number;
  readonly stop: () => Promise<void>;
}

/**
 * A TCP proxy before a server, which makes the way between them longer: what one side sends reaches the other half of
 * `roundTripMs` later, in order. What is sent meanwhile is on its way at the same time, as on a real network.
 *
 * A timer of Node is too coarse for a fraction of a millisecond, so the process that it runs in is busy for as long as
 * something is on its way: not the one to measure in.
 */
export async function startDelayProxy(
  target: { readonly host: string; readonly port: number },
  roundTripMs: number,
): Promise<DelayProxy> {
  const road = new Road(roundTripMs / 2);
  const sockets = new Set<Socket>();
  const proxy = createServer({ noDelay: true, allowHalfOpen: true }, (client) => {
    const server = connect({ ...target, noDelay: true, allowHalfOpen: true });
    for (const [from, to] of [
      [client, server],
      [server, client],
    ] as const) {
      sockets.add(from);
      from.on('data', (chunk) => road.take(() => to.write(chunk)));
      from.once('end', () => road.take(() => to.end()));
      from.on('error', () => to.destroy());
      from.once('close', () => sockets.delete(from));
    }
    // A client that is gone has nobody to answer.
    client.once('close', () => road.take(() => server.destroy()));
  });
  await new Promise<void>((resolve, reject) => {
    proxy.once('error', reject).listen(0, '127.0.0.1', resolve);
  });
  return {
    host: '127.0.0.1',
    port: (proxy.address() as AddressInfo).port,
    stop: () =>
      new Promise((resolve) => {
        proxy.close(() => resolve());
        for (const socket of sockets) socket.destroy();
      }),
  };
}

/** Everything on it takes the same time, so what came first arrives first. */
class Road {
  readonly #underWay: { readonly dueAt: number; readonly arrive: () => void }[] = [];

  constructor(private readonly delayMs: number) {}

  take(arrive: () => void): void {
    this.#underWay.push({ dueAt: performance.now() + this.delayMs, arrive });
    if (this.#underWay.length === 1) this.#look();
  }

  #look(): void {
    const now = performance.now();
    while ((this.#underWay[0]?.dueAt ?? Infinity) <= now) this.#underWay.shift()?.arrive();
    if (this.#underWay.length > 0) setImmediate(() => this.#look());
  }
}
