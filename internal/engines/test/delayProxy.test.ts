import { connect, createServer, type AddressInfo, type Socket } from 'node:net';
import { startDelayProxy, type DelayProxy } from '../src';

const cleanUps: (() => unknown)[] = [];
afterEach(() => Promise.all(cleanUps.splice(0).map((cleanUp) => cleanUp())));

/** Sends back what it gets, and ends when its client does. */
async function startEcho(): Promise<{ host: string; port: number; stop: () => void }> {
  const sockets: Socket[] = [];
  const server = createServer((socket) => {
    sockets.push(socket.on('error', () => undefined));
    socket.pipe(socket);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const stop = (): void => {
    server.close();
    for (const socket of sockets) socket.destroy();
  };
  cleanUps.push(stop);
  return { host: '127.0.0.1', port: (server.address() as AddressInfo).port, stop };
}

async function startProxy(target: { host: string; port: number }, roundTripMs: number): Promise<DelayProxy> {
  const proxy = await startDelayProxy(target, roundTripMs);
  cleanUps.push(() => proxy.stop());
  return proxy;
}

function open(proxy: DelayProxy): Socket {
  const socket = connect(proxy).on('error', () => undefined);
  cleanUps.push(() => socket.destroy());
  return socket;
}

test('all that is sent comes back in order, and the end behind it', async () => {
  const socket = open(await startProxy(await startEcho(), 2));
  const sent = Array.from({ length: 200 }, (_, number) => `${number} `.repeat(1 + number * 10));
  for (const text of sent) socket.write(text);
  socket.end();
  let received = '';
  socket.setEncoding('utf8').on('data', (text: string) => (received += text));
  await new Promise((resolve) => socket.once('end', resolve));
  expect(received).toBe(sent.join(''));
});

test('an answer comes no sooner than the round trip takes', async () => {
  const socket = open(await startProxy(await startEcho(), 20));
  for (let count = 0; count < 5; count++) {
    const started = performance.now();
    socket.write('.');
    await new Promise((resolve) => socket.once('data', resolve));
    expect(performance.now() - started).toBeGreaterThanOrEqual(20);
  }
});

test('a server that is not there is a closed connection', async () => {
  const echo = await startEcho();
  echo.stop();
  const socket = open(await startProxy(echo, 1));
  await new Promise((resolve) => socket.once('close', resolve));
});

test('stop closes what is open', async () => {
  const proxy = await startProxy(await startEcho(), 1);
  const socket = open(proxy);
  socket.write('.');
  await new Promise((resolve) => socket.once('data', resolve));
  const closed = new Promise((resolve) => socket.once('close', resolve));
  await proxy.stop();
  await closed;
});
