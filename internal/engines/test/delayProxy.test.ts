import { createServer, connect, type AddressInfo } from 'node:net';
import { startDelayProxy, type DelayProxy } from '../src';

let proxy: DelayProxy | undefined;
afterEach(() => proxy?.stop());

/** Sends back what it gets, and ends when its client does. */
async function startEcho(): Promise<{ host: string; port: number; stop: () => void }> {
  const server = createServer((socket) => socket.pipe(socket)).listen(0, '127.0.0.1');
  await new Promise((resolve) => server.once('listening', resolve));
  const { port } = server.address() as AddressInfo;
  return { host: '127.0.0.1', port, stop: () => server.close() };
}

test('all that is sent comes back in order, and the end behind it', async () => {
  const echo = await startEcho();
  proxy = await startDelayProxy(echo, 2);
  const socket = connect(proxy);
  const sent = Array.from({ length: 200 }, (_, number) => `${number} `.repeat(1 + number * 10));
  for (const text of sent) socket.write(text);
  socket.end();
  let received = '';
  socket.setEncoding('utf8').on('data', (text: string) => (received += text));
  await new Promise((resolve) => socket.once('end', resolve));
  expect(received).toBe(sent.join(''));
  echo.stop();
});

test('an answer comes no sooner than the round trip takes', async () => {
  const echo = await startEcho();
  proxy = await startDelayProxy(echo, 20);
  const socket = connect(proxy);
  for (let count = 0; count < 5; count++) {
    const started = performance.now();
    socket.write('.');
    await new Promise((resolve) => socket.once('data', resolve));
    expect(performance.now() - started).toBeGreaterThanOrEqual(20);
  }
  socket.destroy();
  echo.stop();
});

test('a server that is not there is a closed connection', async () => {
  const echo = await startEcho();
  echo.stop();
  proxy = await startDelayProxy(echo, 1);
  const socket = connect(proxy);
  await new Promise((resolve) => socket.on('error', () => undefined).once('close', resolve));
});

test('stop closes what is open', async () => {
  const echo = await startEcho();
  proxy = await startDelayProxy(echo, 1);
  const socket = connect(proxy);
  socket.write('.');
  await new Promise((resolve) => socket.once('data', resolve));
  const closed = new Promise((resolve) => socket.on('error', () => undefined).once('close', resolve));
  await proxy.stop();
  await closed;
  echo.stop();
});
