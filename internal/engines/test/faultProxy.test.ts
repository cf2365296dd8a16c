import { connect } from 'node:net';
import {
  faultsAtRandom,
  redisCommand,
  startFaultProxy,
  startRedis,
  type Fault,
  type FaultProxy,
} from '../src';
import type { RedisEngine } from '../src';

let redis: RedisEngine;
let proxy: FaultProxy;

beforeAll(async () => {
  redis = await startRedis({});
  proxy = await startFaultProxy(redis);
});
afterAll(async () => {
  await proxy.stop();
  await redis.stop();
});
beforeEach(async () => {
  proxy.plan = () => undefined;
  await redisCommand(redis, 'DEL', 'counter');
});

const increment = () => redisCommand(proxy, 'INCR', 'counter');
const value = () => redisCommand(redis, 'GET', 'counter');

test('without a plan everything passes, large answers too', async () => {
  const large = 'x'.repeat(3_000_000);
  await redisCommand(proxy, 'SET', 'large', large);
  expect(await redisCommand(proxy, 'GET', 'large')).toBe(large);
});

test.each<[Fault, string | null]>([
  ['cut', null],
  ['cut-request', null],
  ['swallow', '1'],
  ['cut-answer', '1'],
])('%s: the client gets no answer, and the server has %s', async (fault, after) => {
  proxy.plan = () => fault;
  await expect(increment()).rejects.toThrow(/closed|ECONNRESET/);
  expect(await value()).toBe(after);
});

test('cut-answer: the client sees the beginning of what the server said, and nothing from behind it', async () => {
  const words = ['a', 'b', 'c'].map((letter) => letter.repeat(1_000));
  const socket = connect(proxy);
  let sent = 0;
  const send = (): unknown => sent < words.length && socket.write(`ECHO ${words[sent++]}\r\n`);
  // While the first answer comes in pieces, the others queue behind it, each in a packet of its own.
  proxy.plan = () => {
    setTimeout(send, 2);
    return sent === 1 ? 'split' : 'cut-answer';
  };
  let answer = '';
  await new Promise<void>((resolve) => {
    socket.on('data', (chunk) => (answer += chunk.toString())).on('error', () => undefined);
    socket.once('close', () => resolve());
    send();
  });
  expect(answer.length).toBeGreaterThan(1_000);
  expect(
    words
      .map((word) => `$1000\r\n${word}\r\n`)
      .join('')
      .startsWith(answer),
  ).toBe(true);
});

test('hang: the server acts, the connection stays open and says nothing', async () => {
  proxy.plan = () => 'hang';
  const socket = connect(proxy);
  let answer = '';
  let closed = false;
  socket.on('data', (chunk) => (answer += chunk.toString())).on('close', () => (closed = true));
  socket.write('INCR counter\r\n');
  while ((await value()) !== '1');
  proxy.plan = () => undefined;
  socket.write('INCR counter\r\n');
  while ((await value()) !== '2');
  expect({ answer, closed }).toEqual({ answer: '', closed: false });
  socket.destroy();
});

test('split: the answer arrives whole, in many pieces', async () => {
  await redisCommand(redis, 'SET', 'text', 'a long enough answer');
  proxy.plan = () => 'split';
  const socket = connect(proxy);
  const pieces: string[] = [];
  const whole = '$20\r\na long enough answer\r\n';
  await new Promise<void>((resolve) => {
    socket.on('data', (chunk) => {
      pieces.push(chunk.toString());
      if (pieces.join('') === whole) resolve();
    });
    socket.write('GET text\r\n');
  });
  expect(pieces.length).toBeGreaterThan(3);
  socket.destroy();
});

test('a delay holds the request back and keeps the order', async () => {
  let requests = 0;
  proxy.plan = () => (requests++ === 0 ? { delayMs: 100 } : undefined);
  const socket = connect(proxy);
  let answers = '';
  const started = Date.now();
  await new Promise<void>((resolve) => {
    socket.on('data', (chunk) => {
      answers += chunk.toString();
      if (answers === ':1\r\n+PONG\r\n') resolve();
    });
    socket.write('INCR counter\r\n', () => setTimeout(() => socket.write('PING\r\n'), 20));
  });
  expect(Date.now() - started).toBeGreaterThanOrEqual(95);
  socket.destroy();
});

test('a plan can choose by connection and by content', async () => {
  const connections: number[] = [];
  proxy.plan = (request, connection) => {
    connections.push(connection);
    return request.includes('INCR') ? 'cut' : undefined;
  };
  await expect(increment()).rejects.toThrow();
  expect(await redisCommand(proxy, 'PING')).toBe('PONG');
  expect(connections[1]).toBe((connections[0] ?? 0) + 1);
});

test('cutAll ends open connections, and new ones pass', async () => {
  const socket = connect(proxy);
  const closed = new Promise((resolve) => socket.on('error', () => undefined).once('close', resolve));
  socket.write('PING\r\n');
  await new Promise((resolve) => socket.once('data', resolve));
  proxy.cutAll();
  await closed;
  expect(await increment()).toBe(1);
});

test('faults at random come at their rates, and again with their seed', () => {
  const rates = { cut: 0.1, swallow: 0.2, delay: 0.1, maxDelayMs: 5 };
  const draw = (seed: number) => {
    const plan = faultsAtRandom(seed, rates);
    return Array.from({ length: 10_000 }, () => plan(Buffer.alloc(0), 0));
  };
  const faults = draw(7);
  expect(draw(7)).toEqual(faults);
  expect(draw(8)).not.toEqual(faults);
  const share = (matches: (fault: Fault | undefined) => boolean) =>
    faults.filter(matches).length / faults.length;
  expect(share((fault) => fault === 'cut')).toBeCloseTo(0.1, 1);
  expect(share((fault) => fault === 'swallow')).toBeCloseTo(0.2, 1);
  expect(share((fault) => typeof fault === 'object')).toBeCloseTo(0.1, 1);
  expect(share((fault) => fault === undefined)).toBeCloseTo(0.6, 1);
});

test('a server that is down is a cut connection', async () => {
  const server = await startRedis({});
  const toNowhere = await startFaultProxy(server);
  await server.stop();
  await expect(redisCommand(toNowhere, 'PING')).rejects.toThrow(/closed|ECONNRESET/);
  await toNowhere.stop();
});
